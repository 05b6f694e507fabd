"""The `gristmill` command, also as `python -m gristmill`."""


def main() -> None:
    """Run the command line."""
    from gristmill.pipelines.cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()

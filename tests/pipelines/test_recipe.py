from pathlib import Path

import pytest

from gristmill.core.errors import RecipeError
from gristmill.pipelines.recipe import Recipe, load_recipe, recipe_names
from tests.pipelines.serial import write_recipe

HEAD = "[stages.fetch]\n[stages.extract]\n"
TAIL = "[stages.encode]\n[stages.shards]\n"


def keys(recipe: Recipe) -> dict[str, str]:
    return {stage.name: stage.key for stage in recipe.stages}


def changed(before: Recipe, after: Recipe) -> list[str]:
    """Names of the stages whose keys differ."""
    old, new = keys(before), keys(after)
    return [name for name in new if new[name] != old.get(name)]


def refusal(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(path))
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_every_shipped_recipe_loads() -> None:
    assert "default" in recipe_names()
    for name in recipe_names():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.description
        assert [stage.name for stage in recipe.stages][:2] == ["fetch", "extract"]


def test_the_default_recipe_has_the_stages_of_the_funnel() -> None:
    assert [stage.name for stage in load_recipe("default").stages] == [
        "fetch", "extract", "urls", "language", "heuristics", "quality", "exact", "minhash", "pii", "encode", "shards",
        "pretrain",
    ]  # fmt: skip


def test_the_same_text_gives_the_same_keys(tmp_path: Path) -> None:
    one, other = write_recipe(tmp_path / "a.toml"), write_recipe(tmp_path / "b.toml")
    assert keys(load_recipe(str(one))) == keys(load_recipe(str(other)))


@pytest.mark.parametrize(
    ("override", "first"),
    [
        ("extract.engine=trafilatura", "extract"),
        ("language.min_score=0.6", "language"),
        ("gopher_quality.min_words=40", "heuristics"),
        ("heuristics.gopher_quality.min_words=40", "heuristics"),
        ("stages.minhash.threshold=0.9", "minhash"),
        ("pii.email=remove", "pii"),
        ("shards.seed=2", "shards"),
    ],
)
def test_a_parameter_changes_the_keys_from_its_stage_on(override: str, first: str, tmp_path: Path) -> None:
    path = str(write_recipe(tmp_path / "recipe.toml"))
    before, after = load_recipe(path), load_recipe(path, [override])
    names = [stage.name for stage in before.stages]
    assert changed(before, after) == names[names.index(first) :]


def test_a_value_that_is_the_default_changes_nothing(tmp_path: Path) -> None:
    plain, told = write_recipe(tmp_path / "a.toml"), write_recipe(tmp_path / "b.toml", minhash="threshold = 0.8")
    assert keys(load_recipe(str(plain))) == keys(load_recipe(str(told)))


def test_an_override_equals_the_same_line_in_the_file(tmp_path: Path) -> None:
    plain, told = write_recipe(tmp_path / "a.toml"), write_recipe(tmp_path / "b.toml", minhash="threshold = 0.9")
    assert keys(load_recipe(str(plain), ["minhash.threshold=0.9"])) == keys(load_recipe(str(told)))


def test_a_list_it_reads_changes_a_stage_by_its_content(tmp_path: Path) -> None:
    words = tmp_path / "domains.txt"
    words.write_text("casino.example\n")
    path = str(write_recipe(tmp_path / "recipe.toml", urls=f'extra_domain_lists = ["{words}"]'))
    before = load_recipe(path)
    assert changed(before, load_recipe(path)) == []
    words.write_text("casino.example\nslots.example\n")
    assert changed(before, load_recipe(path))[0] == "urls"


def test_taking_a_stage_out_changes_what_follows_it(tmp_path: Path) -> None:
    whole, less = write_recipe(tmp_path / "a.toml"), write_recipe(tmp_path / "b.toml", "quality")
    names = [stage.name for stage in load_recipe(str(less)).stages]
    assert changed(load_recipe(str(whole)), load_recipe(str(less))) == names[names.index("exact") :]


def test_an_unknown_key_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    message = refusal(tmp_path / "r.toml", f"{HEAD}[stages.minhash]\ntreshold = 0.9\n{TAIL}")
    assert "unknown key stages.minhash.treshold" in message
    assert "did you mean 'threshold'?" in message


def test_an_unknown_key_like_no_other_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    message = refusal(tmp_path / "r.toml", f"{HEAD}[stages.minhash]\nxyzzy = 1\n{TAIL}")
    assert "threshold" in message and "bands" in message


def test_an_unknown_key_of_a_nested_table_is_suggested_from_that_table(tmp_path: Path) -> None:
    message = refusal(tmp_path / "r.toml", f"{HEAD}[stages.heuristics.gopher_quality]\nmin_word = 4\n{TAIL}")
    assert "unknown key stages.heuristics.gopher_quality.min_word" in message
    assert "did you mean 'min_words'?" in message


def test_a_wrong_type_names_place_and_value(tmp_path: Path) -> None:
    message = refusal(tmp_path / "r.toml", f'{HEAD}[stages.minhash]\nthreshold = "high"\n{TAIL}')
    assert "stages.minhash.threshold = 'high'" in message


def test_an_impossible_value_names_place_and_value(tmp_path: Path) -> None:
    message = refusal(tmp_path / "r.toml", f"{HEAD}[stages.minhash]\nthreshold = 7\n{TAIL}")
    assert "stages.minhash.threshold = 7" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}[stages.minhahs]\n{TAIL}", "no stage 'minhahs'"),
        (f"{HEAD}{TAIL}[stages.exact]\n", "ends with encode, shards"),
        (f"[stages.extract]\n[stages.fetch]\n{TAIL}", "starts with fetch, extract"),
        ("stages = 3\n", "no [stages.…] table"),
        ("[stages]\nfetch = 3\n", "stages.fetch = 3"),
        (f"{HEAD}[stages.heuristics]\ngopher_quality = 3\n{TAIL}", "stages.heuristics.gopher_quality = 3"),
        ("", "no [stages.…] table"),
        (f"titel = 'x'\n{HEAD}{TAIL}", "unknown key 'titel'"),
        (f"{HEAD}[stages.exact\n{TAIL}", "cannot read the recipe"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_refused(text: str, said: str, tmp_path: Path) -> None:
    assert said in refusal(tmp_path / "r.toml", text)


def test_a_recipe_of_bytes_that_are_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="cannot read the recipe"):
        load_recipe(str(tmp_path / "r.toml"))


def test_a_missing_file_and_a_missing_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"nowhere\.toml"):
        load_recipe(str(tmp_path / "nowhere.toml"))
    with pytest.raises(RecipeError, match="did you mean 'default'"):
        load_recipe("defualt")


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "r.toml", quality=f'model = "{tmp_path / "none.ftz"}"')
    with pytest.raises(RecipeError, match=r"none\.ftz"):
        load_recipe(str(path))


@pytest.mark.parametrize(
    "override", ["min_words", "min_words=3", "nothing.min_words=3", "minhash.treshold=0.9", "=", "."]
)
def test_an_override_that_cannot_be_meant_is_refused(override: str) -> None:
    with pytest.raises(RecipeError):
        load_recipe("default", [override])


def test_an_override_within_what_is_no_table_is_refused_like_the_file(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "r.toml", heuristics="fineweb = 3")
    with pytest.raises(RecipeError, match="fineweb = 3"):
        load_recipe(str(path), ["fineweb.short_line_length=40"])


def test_an_override_may_be_plain_text_or_toml() -> None:
    for said in ("pii.email=remove", 'pii.email="remove"', " pii.email =remove"):
        assert load_recipe("default", [said]).stage("pii").params.model_dump()["email"] == "remove"


def test_a_stage_that_is_not_there_is_named() -> None:
    with pytest.raises(RecipeError, match="has no stage 'lines'"):
        load_recipe("default").stage("lines")


def test_an_override_may_name_the_family_of_a_stages_rules(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f"{HEAD}[stages.code_pages]\nmax_lines = 3\n{TAIL}")
    params = load_recipe(str(path), ["code.max_line_len=80"]).stage("code_pages").params.model_dump()
    assert (params["max_lines"], params["max_line_len"]) == (3, 80)


def test_a_family_of_two_stages_is_set_in_each_that_has_the_parameter(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f'{HEAD}[stages.lines]\nfamily = "c4"\n[stages.heuristics]\n{TAIL}')
    recipe = load_recipe(str(path), ["c4.min_sentences=9", "c4.min_words_per_line=2", "lines.c4.policy=false"])
    lines, heuristics = recipe.stage("lines").params.c4, recipe.stage("heuristics").params.c4  # type: ignore[attr-defined]
    assert (lines.min_words_per_line, lines.policy) == (2, False)
    assert (heuristics.min_sentences, heuristics.min_words_per_line, heuristics.policy) == (9, 2, True)


def test_a_recipe_may_extend_another(tmp_path: Path) -> None:
    base = write_recipe(tmp_path / "base.toml", minhash="threshold = 0.9\nbands = 10")
    own = tmp_path / "own.toml"
    own.write_text(
        f'extends = "{base}"\n[stages.minhash]\nthreshold = 0.7\n[stages.heuristics.gopher_quality]\nmin_words = 40\n'
    )
    loaded, plain = load_recipe(str(own)), load_recipe(str(base))
    assert [stage.name for stage in loaded.stages] == [stage.name for stage in plain.stages]
    same = load_recipe(str(base), ["minhash.threshold=0.7", "gopher_quality.min_words=40"])
    assert keys(loaded) == keys(same)
    assert (loaded.name, loaded.description) == ("own", plain.description)
    own.write_text('extends = "fineweb2"\n')
    assert keys(load_recipe(str(own))) == keys(load_recipe("fineweb2"))
    assert load_recipe(str(own)).source == load_recipe("fineweb2").source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "r.toml"\n', "extends itself"),
        ("extends = 5\n", "extends = 5 is neither a recipe's name nor a path"),
        ('extends = "gophre"\n', "did you mean 'gopher'"),
        ('extends = "none.toml"\n', "cannot read the recipe none.toml"),
        ('extends = "gopher"\n[stages.heuristics.gopher_quality]\nmin_wrds = 3\n', "did you mean 'min_words'"),
    ],
)
def test_what_cannot_be_extended_is_refused(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.toml").write_text(text, "utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe("r.toml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)

"""Texts that recipes disagree about. Fixed: the decisions on them are pinned, so that a better extractor moves none."""

_MILL = (
    "The mill stands by the river, below the old bridge that the monks built when the valley was still a forest. In spring "
    "the flood brings barges with grain from the upper villages, and for some weeks the miller has to work by night as well. "
    "His daughter keeps the books; she knows to the pound what every farmer has brought and what he may take home."
)
_BRIDGE = (
    "Nobody can tell who designed the bridge. Old men sit on its wall and argue whether stones that were cut in winter wear "
    "more slowly than those of summer, and whether the third arch was repaired after the war or before it. The river does not "
    "care! It carries leaves, branches and now and then a boat, and it has taken two of the five arches so far."
)
_STONES = (
    "When a pair of stones has worn smooth, the flour comes out warm and does not keep. Then the upper one is lifted off with "
    "a crane and the grooves are cut anew, which takes two people a whole day. Who wants to learn the trade has to hear by the "
    "sound alone that the time has come. There is no book about that, and there will hardly be one."
)
_PROSE = f"{_MILL}\n\n{_BRIDGE}\n\n{_STONES}"
_GERMAN = (
    "Die Mühle steht am Fluss, unterhalb der alten Brücke, die von den Mönchen gebaut wurde, als das Tal noch ein Wald war. Im "
    "Frühjahr bringt das Hochwasser Kähne mit Korn aus den oberen Dörfern, und dann muss der Müller einige Wochen lang auch "
    "nachts arbeiten. Seine Tochter führt die Bücher; sie weiß auf das Pfund genau, was jeder Bauer gebracht hat und was er "
    "mit nach Hause nehmen darf. Niemand kann sagen, wer die Brücke entworfen hat. Die Alten sitzen auf ihrer Mauer und "
    "streiten darüber, ob Steine, die im Winter gehauen wurden, langsamer verwittern als solche aus dem Sommer."
)
_CHINESE = (
    "磨坊坐落在河边，就在老桥的下面。这座桥是僧侣们在山谷还是森林的时候建造的。春天的时候，洪水带来了满载粮食的船只，磨坊主"
    "要连续好几个星期在夜里工作。他的女儿负责记账，她清楚地知道每个农民带来了多少粮食，又可以带回家多少面粉。没有人知道是谁"
    "设计了这座桥。老人们坐在桥墙上争论，冬天凿的石头是不是比夏天凿的石头更耐久。"
) * 2
_CODE = '''import statistics


def sieve(flour: list[float], width: float = 0.5) -> list[float]:
    """Keep what falls through a mesh of a width in millimetres."""
    return [grain for grain in flour if grain < width]


class Mill:
    def __init__(self, stones: int, speed: float) -> None:
        self.stones = stones
        self.speed = speed

    def grind(self, grain: list[float]) -> list[float]:
        if not grain:
            raise ValueError("there is nothing to grind")
        ground = [size / (self.stones * self.speed) for size in grain]
        return sieve(ground, statistics.mean(ground))


if __name__ == "__main__":
    print(Mill(2, 1.5).grind([2.0, 3.0, 5.0]))'''
_MATHS = (
    r"Let $f \colon \mathbb{R} \to \mathbb{R}$ be a function that is continuous at $a$. Then for each $\varepsilon > 0$ there "
    r"is a $\delta > 0$ with \[ |x - a| < \delta \implies |f(x) - f(a)| < \varepsilon. \] The mill's wheel turns by the angle "
    r"$\varphi(t) = \omega t$, and so a point on its rim has the height $h(t) = r \sin(\omega t)$, where $r$ is the radius. "
    r"By the rule of the chain its speed is $h'(t) = r \omega \cos(\omega t)$, which is at most $r \omega$. The proof that "
    "this bound is sharp is left to the reader, who will find that it is taken at the start and at each full turn of the wheel."
)
_MENU = "\n".join(
    (
        "Home",
        "About us",
        "Products",
        "Flour",
        "Bran",
        "Semolina",
        "Contact",
        "Imprint",
        "Privacy policy",
        "Terms of use",
        "Login",
    )
    * 4
)
_SPAM = (
    "Buy cheap designer watches online best price free shipping! Click here now!!! Top 10 online casino bonus, cheap car "
    "insurance quotes, payday loans near me. Add to cart. Subscribe. Buy now, limited time offer, 90% discount coupon!!! "
) * 6

TEXTS = {
    "prose": _PROSE,
    "empty": "",
    "short": "The mill stands by the river, below the old bridge.",
    "german": _GERMAN,
    "chinese": _CHINESE,
    "code": _CODE,
    "maths": _MATHS,
    "menu": _MENU,
    "spam": _SPAM,
    "capitals": _PROSE.upper(),
    "no end marks": _PROSE.replace(". ", "\n").replace("!", "").replace(".", ""),
    "lines of a page": f"Read more...\n12 likes\nShare\n{_PROSE}\nPlease turn on JavaScript to see the comments.\n© 2024",
    "curly bracket": f"{_PROSE}\nvoid turn() {{ wheel++; }}",
    "lorem ipsum": f"{_PROSE}\nLorem ipsum dolor sit amet, consetetur sadipscing elitr.",
    "said twice": f"{_PROSE}\n\n{_PROSE}",
    "one line again and again": "- fresh flour from the mill by the river\n" * 30,
    "list": "\n".join(f"- sack {number} of rye, with the bran, for the baker" for number in range(1, 25)),
    "ellipses": "\n".join(f"{sentence.strip()} ..." for sentence in _PROSE.split(".") if sentence.strip()),
    "hashtags": f"{_PROSE} " + "#grain #flour #mill #bridge #river #rye #oats #wheel #stone #bran " * 4,
    "numbers": "\n".join(f"{day:02d}.03.1990 {17 * day} {23 * day} {31 * day} {41 * day}" for day in range(1, 29)),
    "period": f"{_PROSE} " + "and the wheel turns " * 130,
    "addresses": f"{_PROSE}\n" + "\n".join(f"Write to miller{number}@mill-river.net today." for number in range(9)),
}

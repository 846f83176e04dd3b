"""Discord's markdown as the page draws it, asked of the page's own module in a real browser."""

import pytest
from open_page import Open

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

DRAW = """async ([text, names]) => {
  const { markdown } = await import("/static/js/render.js");
  const box = document.createElement("div");
  box.append(...markdown(text, names));
  for (const node of box.querySelectorAll("*")) {
    for (const name of [...node.getAttributeNames()]) if (name !== "href") node.removeAttribute(name);
  }
  return box.innerHTML;
}"""
NAMES = {"1": "renders", "2": "Guest", "3": "operators"}
CASES = {
    "**bold** *it* _it_ __under__ ~~gone~~": (
        "<p><strong>bold</strong> <em>it</em> <em>it</em> <u>under</u> <s>gone</s></p>"
    ),
    "***both***": "<p><em><strong>both</strong></em></p>",
    r"dpmpp\_2m\_k \*not\* \<@2>": "<p>dpmpp_2m_k *not* &lt;@2&gt;</p>",
    "OUT_OF_MEMORY and 2 * 3 * 4": "<p>OUT_OF_MEMORY and 2 * 3 * 4</p>",
    "`a **b** <c>` ``x ` y``": "<p><code>a **b** &lt;c&gt;</code> <code>x ` y</code></p>",
    "```py\nx = *1*\n```after": "<pre><code>x = *1*</code></pre><p>after</p>",
    "# One\n## Two\n### Three\n-# small": "<p>One</p><p>Two</p><p>Three</p><p>small</p>",
    "#812 is no heading": "<p>#812 is no heading</p>",
    "> quoted\n> more\nnot": "<blockquote><p>quoted<br>more</p></blockquote><p>not</p>",
    "- a\n- b": "<ul><li>a</li><li>b</li></ul>",
    "- a\n1. b": "<ul><li>a</li></ul><ol><li>b</li></ol>",
    "3. a\n4. b": "<ol><li>a</li><li>b</li></ol>",
    "<#1> <@2> <@!2> <@&3> <@9> @everyone": (
        "<p><span>#renders</span> <span>@Guest</span> <span>@Guest</span> <span>@operators</span> "
        "<span>@unknown</span> <span>@everyone</span></p>"
    ),
    "||hidden||": "<p><span><span>hidden</span></span></p>",
    "see https://example.com/a_b_c.": (
        '<p>see <a href="https://example.com/a_b_c">https://example.com/a_b_c</a>.</p>'
    ),
    "[x](https://example.com/) <https://example.com/y>": (
        '<p><a href="https://example.com/">x</a> <a href="https://example.com/y">https://example.com/y</a></p>'
    ),
    "[x](javascript:alert(1))": "<p>[x](javascript:alert(1))</p>",
    "<b onclick=x>&amp;</b>": "<p>&lt;b onclick=x&gt;&amp;amp;&lt;/b&gt;</p>",
    "<t:0:d> </queue:1> <:fox:12>": "<p><time>01/01/1970</time> <span>/queue</span> :fox:</p>",
    "**unclosed and ~~so": "<p>**unclosed and ~~so</p>",
    "": "",
}


async def test_markdown_is_drawn_as_discord_draws_it(bare: Open) -> None:
    for text, expected in CASES.items():
        assert await bare.page.evaluate(DRAW, [text, NAMES]) == expected, text


async def test_hostile_nesting_and_length_take_no_time_to_speak_of(bare: Open) -> None:
    for text in ("*" * 4000, "||" * 2000, "**a" * 1300, "> " * 2000, "_a_" * 1300, "[" * 4000, "`" * 4000):
        took = await bare.page.evaluate(
            """async ([text, names]) => {
              const { markdown } = await import("/static/js/render.js");
              const begin = performance.now();
              markdown(text, names);
              return performance.now() - begin;
            }""",
            [text, NAMES],
        )
        assert took < 1000, text[:10]


async def test_a_relative_time_is_kept_current(bare: Open) -> None:
    said = await bare.page.evaluate(
        """async () => {
          const { timestamp } = await import("/static/js/times.js");
          const now = Date.now() / 1000;
          const ages = [5, 3600 * 2, 86400 * 3];
          return ages.map((age) => timestamp(Math.floor(now - age), "R").textContent);
        }"""
    )
    assert said[0].endswith("seconds ago")
    assert said[1:] == ["2 hours ago", "3 days ago"]

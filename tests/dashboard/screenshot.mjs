// Opens the dashboard in headless Chromium, visits sections, and prints what it saw as one line of JSON.
//
//   node screenshot.mjs OPTIONS.json
//
// Options: url, modules (folder of playwright-core), chromium (executable), sections: [{query, charts, wait, picture}].
// `wait` lists selectors that must appear. Requests that leave the dashboard's own host and port are stopped and reported.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const options = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { chromium } = createRequire(join(options.modules, "here.js"))("playwright-core");
// Streamlit draws Vega charts as SVG or on a canvas, by its version.
const drawn = "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg.marks";
const home = new URL(options.url).host;

const browser = await chromium.launch({
  executablePath: options.chromium,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
});
const seen = { sections: [], outside: [], errors: [], dialogs: 0 };
const context = await browser.newContext({ viewport: { width: 1280, height: options.height ?? 900 } });
const page = await context.newPage();
try {
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.host === home || url.protocol === "data:" || url.protocol === "blob:") return route.continue();
    seen.outside.push(url.href);
    return route.abort();
  });
  page.setDefaultTimeout(options.timeout ?? 240_000);
  page.on("dialog", (dialog) => ((seen.dialogs += 1), dialog.dismiss()));
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  for (const section of options.sections) {
    await page.goto(options.url + section.query);
    if (section.charts) {
      await page.locator(drawn).nth(section.charts - 1).waitFor({ state: "attached" });
    }
    for (const selector of section.wait ?? []) await page.locator(selector).first().waitFor();
    await page.locator("[data-testid=stApp][data-test-script-state=notRunning]").waitFor({ state: "attached" });
    // Widgets are loaded when first needed; until then a grey bar stands in their place.
    await page.waitForFunction(() => !document.querySelector("[data-testid=stSkeleton]"));
    await page.waitForTimeout(section.settle ?? 1_000);
    seen.sections.push(await page.evaluate(look, drawn));
    if (section.picture) await page.screenshot({ path: section.picture, fullPage: Boolean(section.full) });
  }
} catch (error) {
  if (options.failure) await page.screenshot({ path: options.failure, fullPage: true });
  throw error;
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));

// Runs in the page.
function look(drawn) {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    charts: all(drawn).map((one) => one.getBoundingClientRect()).filter((box) => box.width > 100 && box.height > 20).length,
    exceptions: all("[data-testid=stException]").map((one) => one.textContent),
    text: document.body.innerText,
    shown: all(".gm-text").map((one) => one.textContent),
    marks: all(".gm-text mark").map((one) => one.textContent),
    inside: all(".gm-text *").map((one) => one.tagName),
    images: all("img").map((one) => one.src),
    links: all("a[href]").map((one) => ({ href: one.href, rel: one.rel, target: one.target })),
    pwned: window.pwned === undefined ? null : String(window.pwned),
  };
}

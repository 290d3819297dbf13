/* Light or dark: as the reader's system has it, or as was chosen here. */

const THEME = "sentence-space-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark now. */
export const isDark = () => document.documentElement.classList.contains("dark");

/** Both Gradio's mark and our own, which is there before anything is drawn: a dark page never begins white. */
function paint() {
  const dark = (localStorage.getItem(THEME) ?? (system.matches ? "dark" : "light")) === "dark";
  document.documentElement.classList.toggle("dark", dark);
  document.body?.classList.toggle("dark", dark);
}

/** Change to the other of the two, and remember it. */
export function switchLight() {
  localStorage.setItem(THEME, isDark() ? "light" : "dark");
  paint();
}

/** The page has been built, by Gradio's rules alone: paint it by ours. */
export function keepLight() {
  paint();
  system.addEventListener("change", () => queueMicrotask(paint));
}

paint();

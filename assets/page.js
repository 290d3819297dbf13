/* The frame around the tabs: the model line, the light, the help. */
(() => {
  "use strict";
  const space = (window.space ??= {});
  const THEME = "sentence-space-theme";

  const dark = () => document.body.classList.contains("dark");

  function setTheme(name) {
    document.body.classList.toggle("dark", name === "dark");
    localStorage.setItem(THEME, name);
  }

  /** The header, whose markup stands in the component's template. */
  space.header = ({ element, props, watch }) => {
    const find = (name) => element.querySelector(name);
    const model = find(".model-line");
    const help = find("dialog");
    const panel = () => document.getElementById("model-panel");

    function open(yes) {
      panel()?.classList.toggle("open", yes);
      model.setAttribute("aria-expanded", String(yes));
    }
    space.panel = open;
    const isOpen = () => model.getAttribute("aria-expanded") === "true";

    function name() {
      find(".model-name").textContent = props.value?.name ?? "…";
      find(".model-origin").textContent = props.value?.origin ? `(${props.value.origin})` : "";
    }
    function label() {
      find(".theme").setAttribute("aria-label", dark() ? "Light theme" : "Dark theme");
    }

    model.addEventListener("click", () => open(!isOpen()));
    find(".theme").addEventListener("click", () => {
      setTheme(dark() ? "light" : "dark");
      label();
    });
    find(".help").addEventListener("click", () => help.showModal());
    find(".close").addEventListener("click", () => help.close());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !isOpen()) return;
      open(false);
      model.focus();
    });
    /* Nothing can be pressed before the server knows this visit: it would be refused. */
    const page = element.closest(".gradio-container");
    page.inert = !space.here;
    space.arrived = () => {
      space.here = true;
      page.inert = false;
      space.returned();
    };
    const chosen = localStorage.getItem(THEME);
    if (chosen) setTheme(chosen);
    watch("value", name);
    name();
    label();
    document.documentElement.lang = "en";
  };

  /** Close the model panel and bring a part of the page into view, as soon as it is there. */
  space.reveal = (id, patience = 60) => {
    const part = document.getElementById(id);
    if (!part && patience) return requestAnimationFrame(() => space.reveal(id, patience - 1));
    if (document.querySelector(".model-line")?.getAttribute("aria-expanded") === "true") document.querySelector(".model-line").click();
    part?.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  };

  /** What is known of the model in use, as a list of terms. */
  space.facts = (context) =>
    space.live(context, (root, rows) => {
      const { h } = space;
      root.replaceChildren(h("dl", { class: "facts" }, ...(rows || []).flatMap(([term, text]) => [h("dt", {}, term), h("dd", {}, text)])));
    });
})();

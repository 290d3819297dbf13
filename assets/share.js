/* Sharing: the code of a model or of a training, a training that somebody else shares, and leaving. */
(() => {
  "use strict";
  const space = (window.space ??= {});
  const NAME = "share"; // in the page's address

  const address = (code) => `${location.origin}${location.pathname}${code ? `?${NAME}=${encodeURIComponent(code)}` : ""}`;

  /** A code, its link, and what it lets others do. Value: {"code", "text"}, or nothing; `stop`: the button to end it. */
  space.share = (context) =>
    space.live(context, (root, value) => {
      const { h, copyButton } = space;
      if (!value?.code) return root.replaceChildren();
      root.replaceChildren(h("div", { class: "shared-code" },
        h("p", { class: "code" }, h("span", { class: "term" }, "Code "), h("output", { "aria-label": "Code" }, value.code)),
        h("p", { class: "copies" }, copyButton(() => value.code, "Copy the code"), copyButton(() => address(value.code), "Copy the link"),
          h("button", { type: "button", class: "copy", click: () => document.getElementById(context.props.stop)?.click() }, "Stop sharing")),
        h("p", { class: "hint" }, value.text)));
    });

  /** The code in the page's address, or nothing. */
  space.link = () => new URLSearchParams(location.search).get(NAME) ?? "";

  /** A code was opened, or refused: say so where it can be seen. The address names what is watched, nothing else. */
  space.opened = (said, watched) => {
    history.replaceState(null, "", address(watched));
    space.panel?.(Boolean(said?.text));
  };

  /** Another's training is shown, or one's own again. */
  space.watching = (code) => {
    document.body.classList.toggle("watching", Boolean(code));
    history.replaceState(null, "", address(code));
    if (code) space.focus("#shared-back");
    else space.focus("#train-start");
  };

  /** Bring the focus to a part of the page that has just come, when it was lost with one that went. */
  space.focus = (selector, patience = 30) => {
    const active = document.activeElement;
    if (active && active !== document.body && active.offsetParent !== null && !active.disabled) return;
    const part = document.querySelector(selector);
    if (part && part.offsetParent !== null && !part.disabled) return part.focus();
    if (patience) requestAnimationFrame(() => space.focus(selector, patience - 1));
  };

  /** Ask whether all shall be forgotten, or do not ask any more. */
  space.leaving = (yes) => {
    document.getElementById("leave").classList.toggle("asked", yes);
    document.getElementById(yes ? "leave-not" : "leave-ask").focus();
  };

  /** A new visit: nothing of the old one stays in the address. */
  space.begin = () => location.replace(address(""));
})();

"use strict";
(() => {
  const shell = JSON.parse(document.getElementById("shell").textContent);
  const stage = document.getElementById("stage");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // what the player asks of the page around it
  const setTheme = () => { document.body.dataset.jpThemeLight = String(!dark.matches); };
  dark.addEventListener("change", setTheme);
  setTheme();

  let open = null;
  const close = () => {
    if (open) open.setAttribute("aria-expanded", "false");
    stage.replaceChildren();
    const was = open;
    open = null;
    return was;
  };

  // a match is unpacked when its cell is opened, in a frame of its own
  for (const cell of document.querySelectorAll("button[data-cell]")) {
    cell.addEventListener("click", () => {
      if (close() === cell) return;
      const frame = document.createElement("iframe");
      frame.title = cell.dataset.title;
      frame.allow = "fullscreen";
      frame.srcdoc = shell[0] + document.getElementById(cell.dataset.cell).textContent + shell[1];

      const name = document.createElement("span");
      name.textContent = cell.dataset.title;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Close";
      button.addEventListener("click", () => close().focus());
      const title = document.createElement("h3");
      title.append(name, button);

      stage.replaceChildren(title, frame);
      cell.setAttribute("aria-expanded", "true");
      open = cell;
      stage.scrollIntoView({ block: "nearest" });
    });
  }
})();

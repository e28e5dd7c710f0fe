// Light or dark: as the system says, or as a click said, which is remembered. It runs before
// anything is drawn, so that no page flashes.
const THEMES = ["auto", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = "auto";
try {
  theme = localStorage.getItem("dogfight-theme") ?? "auto";
} catch {
  // a browser that keeps nothing
}
if (!THEMES.includes(theme)) theme = "auto";
document.documentElement.classList.add("scripts");

function dress() {
  const now = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  document.documentElement.dataset.theme = now;
  // what players and figures look for, as in JupyterLab
  if (document.body) document.body.dataset.jpThemeLight = String(now === "light");
  const button = document.querySelector("button.theme");
  if (button) {
    button.textContent = { auto: "◐", light: "☀", dark: "☾" }[theme];
    button.title = button.ariaLabel = `theme: ${theme}`;
  }
  for (const frame of document.querySelectorAll("iframe.player"))
    frame.contentWindow?.postMessage({ theme: now }, "*");
}

function next_theme() {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try {
    localStorage.setItem("dogfight-theme", theme);
  } catch {
    // then it holds for this page
  }
  dress();
}

dress();
dark.addEventListener("change", dress);

// A player says how high it is, wherever the site lies, and hears which theme it is. It may say so
// before the page is read to its end, and says it once.
addEventListener("message", e => {
  for (const frame of document.querySelectorAll("iframe.player"))
    if (frame.contentWindow === e.source && e.data?.height) {
      frame.style.height = `${e.data.height}px`;
      e.source.postMessage({ theme: document.documentElement.dataset.theme }, "*");
    }
});

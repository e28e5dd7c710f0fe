// The search of every page. Its index is a script of its own, fetched at the first key, so that it
// also works from a disk.
const box = document.querySelector(".search input"),
  list = document.querySelector(".search ol");
const escaped = (s) => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const pattern = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
let loading = null;

const index = () =>
  (loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = "search.js";
    script.onload = () => done(window.SECTIONS);
    script.onerror = failed;
    document.head.append(script);
  }));

// A section counts by where the words stand: a name it defines, its heading, its text. All words
// must occur.
function score(section, words) {
  let total = 0;
  for (const word of words) {
    const where = [
      [section.names, 12],
      [section.title, 6],
      [section.notebook, 3],
      [section.text, 1],
    ].filter(([text]) => text.toLowerCase().includes(word));
    if (!where.length) return 0;
    for (const [text, weight] of where)
      total +=
        weight *
        (new RegExp(`(^|[^a-z0-9_])${pattern(word)}($|[^a-z0-9_])`, "i").test(text) ? 3 : 1);
  }
  return total;
}

function excerpt(text, words) {
  const at = Math.max(
    0,
    Math.min(
      ...words.map((w) => text.toLowerCase().indexOf(w)).filter((k) => k >= 0),
      text.length,
    ) - 40,
  );
  const piece = (at ? "…" : "") + text.slice(at, at + 130) + (at + 130 < text.length ? "…" : "");
  return escaped(piece).replace(
    new RegExp(words.map((w) => pattern(escaped(w))).join("|"), "gi"),
    (m) => `<mark>${m}</mark>`,
  );
}

async function search() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) {
    list.hidden = true;
    return;
  }
  const sections = await index();
  const found = sections
    .map((s) => [score(s, words), s])
    .filter(([n]) => n)
    .sort((a, b) => b[0] - a[0])
    .slice(0, 12);
  list.innerHTML =
    found
      .map(
        ([, s]) =>
          `<li><a href="${s.page}.html#${s.id}"><b>${escaped(s.title)}</b> ` +
          `<i>${escaped(s.notebook)}</i><span>${excerpt(s.text, words)}</span></a></li>`,
      )
      .join("") || "<li class=none>nothing found</li>";
  list.hidden = false;
}

box.addEventListener("input", search);
box.addEventListener("focus", () => {
  index();
  if (box.value) search();
});
box.addEventListener("keydown", (e) => {
  if (e.key === "Enter") list.querySelector("a")?.click();
});
document.addEventListener("keydown", (e) => {
  const links = [...list.querySelectorAll("a")],
    at = links.indexOf(document.activeElement);
  if (e.key === "/" && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) {
    e.preventDefault();
    box.focus();
    box.select();
  } else if (e.key === "Escape") {
    list.hidden = true;
    box.blur();
  } else if (
    !list.hidden &&
    (e.key === "ArrowDown" || e.key === "ArrowUp") &&
    (at >= 0 || document.activeElement === box)
  ) {
    e.preventDefault();
    (at + (e.key === "ArrowDown" ? 1 : -1) < 0
      ? box
      : links[Math.min(links.length - 1, at + (e.key === "ArrowDown" ? 1 : -1))]
    )?.focus();
  }
});
document.addEventListener("click", (e) => {
  if (!e.target.closest(".search")) list.hidden = true;
  else if (e.target.closest("a")) list.hidden = true;
});

// A player says how high it is, wherever the site lies.
addEventListener("message", (e) => {
  for (const frame of document.querySelectorAll("iframe.player"))
    if (frame.contentWindow === e.source && e.data?.height)
      frame.style.height = `${e.data.height}px`;
});

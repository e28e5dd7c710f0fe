// What every page does: theme, drawer, contents, search, copying, terms.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

dress();
$("button.theme").addEventListener("click", next_theme);

// --- the sidebar: beside the text, or a drawer over it

const menu = $("button.menu"),
  pages = $("#pages"),
  narrow = matchMedia("(max-width: 860px)");
function set_drawer(open) {
  document.body.classList.toggle("drawer", open);
  menu.ariaExpanded = String(open);
  $(".page").inert = open;
  if (open) $("[aria-current]", pages)?.scrollIntoView({ block: "center" });
}
menu.addEventListener("click", () => set_drawer(!document.body.classList.contains("drawer")));
narrow.addEventListener("change", () => set_drawer(false));
document.addEventListener("click", e => {
  if (document.body.classList.contains("drawer") && !e.target.closest("header, #pages"))
    set_drawer(false);
});
if (!narrow.matches) {
  const here = $("[aria-current]", pages);
  if (here && here.getBoundingClientRect().bottom > innerHeight - 40)
    pages.scrollTop = here.offsetTop - pages.clientHeight / 2;
}

// --- contents: beside the text with the current section marked, or folded above it

const contents = $("aside details");
if (contents) {
  const wide = matchMedia("(min-width: 1200px)");
  const fold = () => (contents.open = wide.matches);
  fold();
  wide.addEventListener("change", fold);
  const links = $$("a", contents);
  const headings = links.map(a => document.getElementById(decodeURIComponent(a.hash.slice(1))));
  let waiting = false;
  const mark = () => {
    waiting = false;
    const at_end = innerHeight + scrollY >= document.body.scrollHeight - 4;
    let k = headings.findLastIndex(h => h && h.getBoundingClientRect().top < 120);
    if (at_end && scrollY > 0) k = Math.max(k, headings.length - 1);
    links.forEach((a, j) =>
      j === k ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current"),
    );
    const box = contents.parentElement;
    if (wide.matches && k >= 0) {
      const top = links[k].offsetTop - box.clientHeight / 2;
      if (Math.abs(box.scrollTop - top) > box.clientHeight / 3) box.scrollTop = top;
    }
  };
  addEventListener("scroll", () => (waiting ||= !!requestAnimationFrame(mark)), { passive: true });
  mark();
  contents.addEventListener("click", e => {
    if (e.target.closest("a") && !wide.matches) contents.open = false;
  });
}

// --- copying code

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // no clipboard for this page: the old way, by a selection
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position: fixed; opacity: 0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
for (const block of $$("main .highlight:not(.signature *), main .prose > pre")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "copy";
  button.ariaLabel = "copy code";
  button.addEventListener("click", async () => {
    await copy($("pre", block)?.textContent.trimEnd() ?? block.textContent.trimEnd());
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 1500);
  });
  const frame = document.createElement("div");
  frame.className = "copied";
  block.replaceWith(frame);
  frame.append(block, button);
}
// what scrolls sideways can be scrolled by keys
for (const box of $$("main pre, main .table, main .drawn, main .drawing, main .maths"))
  if (box.scrollWidth > box.clientWidth + 1) {
    box.tabIndex = 0;
    if (box.tagName !== "PRE") box.role = "group";
    box.ariaLabel ??= box.tagName === "PRE" ? "code" : "scrolls sideways";
  }

// --- terms: what the glossary says, where the word stands

const tip = document.createElement("div");
tip.className = "tip";
tip.id = "tip";
tip.role = "tooltip";
tip.hidden = true;
document.body.append(tip);
function hide_tip() {
  tip.hidden = true;
}
for (const term of $$("a.term[title]")) {
  const says = term.title;
  term.removeAttribute("title");
  term.setAttribute("aria-describedby", "tip");
  const show = () => {
    tip.textContent = says;
    tip.hidden = false;
    const word = term.getBoundingClientRect(),
      box = tip.getBoundingClientRect();
    const left = Math.min(word.left, innerWidth - box.width - 12);
    const below = word.bottom + box.height + 12 < innerHeight;
    tip.style.left = `${Math.max(12, left)}px`;
    tip.style.top = `${below ? word.bottom + 6 : word.top - box.height - 6}px`;
  };
  term.addEventListener("pointerenter", e => e.pointerType === "mouse" && show());
  term.addEventListener("pointerleave", hide_tip);
  term.addEventListener("focus", show);
  term.addEventListener("blur", hide_tip);
}
addEventListener("scroll", hide_tip, { passive: true });

// --- the search: its index and how it ranks are scripts of their own, fetched when needed, for a
// page from a disk may load nothing else

const box = $(".search input"),
  list = $(".search ol");
const escaped = s => s.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);
let loading = null;

function script(src) {
  return new Promise((done, failed) => {
    const element = document.createElement("script");
    Object.assign(element, { src, onload: done, onerror: failed });
    document.head.append(element);
  });
}
const engine = () =>
  (loading ??= Promise.all([script("search_index.js"), script("search.js")]).then(
    () => new Search(window.INDEX),
  ));

async function search() {
  const query = box.value.trim();
  if (!query) {
    list.hidden = true;
    return;
  }
  const found = (await engine()).find(query, 12);
  if (query !== box.value.trim()) return; // somebody types on
  list.innerHTML =
    found
      .map(
        r =>
          `<li class="${r.kind}"><a href="${escaped(r.url)}"><b>${escaped(r.title)}</b> ` +
          `<i>${escaped(r.where)}</i><span>${r.html}</span></a></li>`,
      )
      .join("") || "<li class=none>nothing found</li>";
  list.hidden = false;
}

box.addEventListener("input", search);
box.addEventListener("focus", () => {
  engine();
  if (box.value) search();
});
box.addEventListener("keydown", async e => {
  if (e.key !== "Enter") return;
  await search();
  $("a", list)?.click();
});
document.addEventListener("keydown", e => {
  const links = $$("a", list),
    at = links.indexOf(document.activeElement);
  const typing = /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName);
  if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) {
    e.preventDefault();
    box.focus();
    box.select();
  } else if (e.key === "Escape") {
    hide_tip();
    if (document.body.classList.contains("drawer")) {
      set_drawer(false);
      menu.focus();
    }
    list.hidden = true;
    box.blur();
  } else if (
    !list.hidden &&
    (e.key === "ArrowDown" || e.key === "ArrowUp") &&
    (at >= 0 || document.activeElement === box)
  ) {
    e.preventDefault();
    const to = at + (e.key === "ArrowDown" ? 1 : -1);
    (to < 0 ? box : links[Math.min(links.length - 1, to)])?.focus();
  }
});
document.addEventListener("click", e => {
  if (!e.target.closest(".search") || e.target.closest(".search a")) list.hidden = true;
});

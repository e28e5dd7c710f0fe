/* Between a kernel and the players in this page. A player lives in a frame, wherever the frame came from: made here for a widget's view, or found in
   the saved output of a cell. Messages carry the player's key, so that many can share a page. */
const frames = key => [...document.querySelectorAll(`iframe[data-dogfight="${key}"]`)];
const TRAITS = ["frame", "speed", "playing"];

function initialize({ model }) {
  const key = model.get("key");
  let speaker = null;                                            // the frame whose words are being passed on: it need not hear them again
  const tell = (to, set) => to.contentWindow?.postMessage({ dogfight: key, set }, "*");
  const listen = e => {
    if (!e.data || e.data.dogfight !== key) return;
    const from = frames(key).find(f => f.contentWindow === e.source);
    if (!from) return;
    if (e.data.hello) return tell(from, Object.fromEntries(TRAITS.map(t => [t, model.get(t)])));
    speaker = from;
    try {
      for (const t of TRAITS) if (t in e.data) model.set(t, e.data[t]);
      if (e.data.flown) model.set("_flown", e.data.flown);
      if (e.data.flown || TRAITS.some(t => t in e.data)) model.save_changes();
    } finally { speaker = null; }
  };
  window.addEventListener("message", listen);
  for (const t of TRAITS) model.on(`change:${t}`, () => { for (const f of frames(key)) if (f !== speaker) tell(f, { [t]: model.get(t) }); });
  for (const f of frames(key)) tell(f, Object.fromEntries(TRAITS.map(t => [t, model.get(t)])));
  return () => window.removeEventListener("message", listen);
}

function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.dataset.dogfight = model.get("key");
  frame.title = "replay"; frame.allow = "fullscreen"; frame.srcdoc = model.get("page");
  frame.style.cssText = "display:block;width:100%;min-width:300px;height:640px;border:0";
  el.style.flex = "1 1 auto"; el.style.width = "100%";
  el.append(frame);
}

export default { initialize, render };

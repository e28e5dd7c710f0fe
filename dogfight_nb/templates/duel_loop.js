({key, phase, rate, rest, steps}) => {
  // moves the two planes through `steps`, `rate` a second; `phase`: seconds since the duel began
  const root = document.getElementById(key), now = () => performance.now() / 1e3;
  clearInterval(window.dfTick);
  if (!root) return;
  if (!window.dfDuel || window.dfDuel[0] !== key) window.dfDuel = [key, now() - phase];
  const draw = () => {
    if (!root.isConnected) return clearInterval(window.dfTick);
    const n = steps[0].length, k = Math.floor((now() - window.dfDuel[1]) * rate % (n + rest));
    root.querySelectorAll(".plane").forEach((p, s) => p.setAttribute("d", steps[s][Math.min(n - 1, k)]));
  };
  draw();
  window.dfTick = setInterval(draw, 1e3 / rate);
}

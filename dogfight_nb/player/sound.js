// ---- sound: a few short noises, made as they are needed, off until somebody asks ----------------

class Sound {
  constructor() {
    this.on = false;
  }

  toggle() {
    this.on = !this.on;
    if (this.on) this.start();
    else this.context?.suspend();
    return this.on;
  }

  start() {
    this.context ??= new (window.AudioContext || window.webkitAudioContext)();
    this.context.resume();
    if (this.noise) return;
    const { sampleRate } = this.context;
    this.noise = this.context.createBuffer(1, sampleRate, sampleRate);
    const samples = this.noise.getChannelData(0);
    for (let k = 0; k < samples.length; k++) samples[k] = 2 * Math.random() - 1;
    this.volume = this.context.createGain();
    this.volume.gain.value = 0.25;
    this.volume.connect(this.context.destination);
  }

  // Fades from `loud` to nothing in `seconds`.
  fading(source, loud, seconds) {
    const now = this.context.currentTime;
    const gain = this.context.createGain();
    gain.gain.setValueAtTime(loud, now);
    gain.gain.exponentialRampToValueAtTime(0.001, now + seconds);
    source.connect(gain).connect(this.volume);
    source.start(now);
    source.stop(now + seconds);
  }

  rush(hertz, loud, seconds) {
    const source = this.context.createBufferSource();
    source.buffer = this.noise;
    source.loop = true;
    const filter = this.context.createBiquadFilter();
    filter.type = "lowpass";
    filter.frequency.value = hertz;
    const through = source.connect(filter);
    through.start = t => source.start(t);
    through.stop = t => source.stop(t);
    this.fading(through, loud, seconds);
  }

  tone(from, to, loud, seconds, type = "triangle") {
    const source = this.context.createOscillator();
    source.type = type;
    source.frequency.setValueAtTime(from, this.context.currentTime);
    source.frequency.exponentialRampToValueAtTime(to, this.context.currentTime + seconds);
    this.fading(source, loud, seconds);
  }

  play(kind) {
    if (!this.on) return;
    if (kind === "shot") this.rush(1800, 0.5, 0.09);
    if (kind === "hit") {
      this.rush(500, 0.9, 0.22);
      this.tone(190, 70, 0.7, 0.2);
    }
    if (kind === "glance") this.tone(1900, 900, 0.35, 0.16);
    if (kind === "stall") this.tone(330, 300, 0.4, 0.35, "square");
    if (kind === "kill") this.rush(420, 1.3, 1.3);
    if (kind === "crash") this.rush(240, 1.3, 1.1);
    if (kind === "tick") this.tone(660, 660, 0.3, 0.07);
    if (kind === "warning") this.tone(880, 860, 0.35, 0.12, "square");
  }
}

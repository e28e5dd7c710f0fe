// Two fighters, flown by the game's own kernel `step_tile`. `starts`: {x, y, yaw, speed} of both;
// `act(fighter, decision)`: [stick, throttle]. Returns each one's course, a moment a tick, from the
// start on; nobody shoots.
const fly = (starts, act, ticks) => {
  const tile = new Float32Array(BULLETS_OFFSET + SLOT_SIZE);
  const look = j => ({
    x: tile[FIGHTER.x + j],
    y: tile[FIGHTER.y + j],
    yaw: tile[FIGHTER.yaw + j],
    speed: tile[FIGHTER.speed + j],
    alive: tile[FIGHTER.alive + j] > 0,
  });
  starts.forEach((start, j) => {
    const whole = { ...start, hp: RULES[RULE.hit_points], alive: 1, trigger: -1 };
    for (const [name, value] of Object.entries(whole)) tile[FIGHTER[name] + j] = value;
  });
  const courses = starts.map((_, j) => [look(j)]);
  for (let k = 0; k < ticks; k++) {
    if (k % RULES[RULE.decision_ticks] === 0)
      courses.forEach((course, j) => {
        const [stick, throttle] = act(course.at(-1), j);
        tile[FIGHTER.turn + j] = stick;
        tile[FIGHTER.throttle + j] = throttle;
      });
    step_tile(tile, RULES, 1);
    courses.forEach((course, j) => course.push(look(j)));
  }
  return courses;
};

// Made by dogfight_nb.learning_page.write_senses_js from the kernels: do not edit.
const Senses = (() => {
"use strict";
const f = Math.fround;
const min = (a, b) => b < a ? b : a;
const max = (a, b) => b > a ? b : a;
const FEATURES = 44;
const DISTANCE = 10; // its place in a tile of geometry

// A float32 in [0, 1) from stream `n` of `streams` (Uint32Array), which moves on.
function uniform(streams, n) {
  streams[n] += 0x6d2b79f5;
  let z = streams[n];
  z = Math.imul(z ^ (z >>> 15), z | 1);
  z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
  return ((z ^ (z >>> 14)) >>> 8) * 2 ** -24;
}

// Where stream `n` of `seed` begins.
function stream(seed, n) {
  const streams = Uint32Array.of(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b));
  uniform(streams, 0);
  return streams[0] ^ Math.floor(2 ** 32 * uniform(streams, 0));
}

const PI = 3.1415927410125732;


// Start lane `i` of tile `t` anew: at the fixed spawn by chance `fixed_spawns`, or at random.
function respawn(t, r, i, rng_states, n, fixed_spawns) {
  for (let plane = i; plane < t.length; plane += 1) {
    t[plane] = 0.0;
  }
  const fixed = uniform(rng_states, n) < fixed_spawns;
  let offset = f(100.0 + f(200.0 * uniform(rng_states, n)));
  const low = f(r[15 + i] + 15.0);
  t[41 + i] = 1.0;
  for (let seat = 0; seat < 2; seat += 1) {
    const j = seat + i, side = (seat === 0) ? -1.0 : 1.0;
    let y = f(150.0 + f(300.0 * uniform(rng_states, n)));
    let yaw = f(PI * f(f(2.0 * uniform(rng_states, n)) - 1.0));
    let speed = f(low + f(f(80.0 - low) * uniform(rng_states, n)));
    if (fixed) {
      offset = 200.0; y = 300.0; yaw = (seat === 0) ? 0.0 : PI; speed = 50.0;
    }
    t[j] = f(side * offset); t[20 + j] = f(side * offset);
    t[2 + j] = y; t[22 + j] = y;
    t[4 + j] = yaw; t[24 + j] = yaw;
    t[6 + j] = speed;
    t[8 + j] = r[28 + i]; t[12 + j] = 1.0;
  }
}

// `x` (m) brought back over the arena's edge, or a difference in x taken the shorter way round.
function wrap_x(x, half_width) {
  x = (x > half_width) ? f(x - f(2.0 * half_width)) : x;
  return (x < -half_width) ? f(x + f(2.0 * half_width)) : x;
}

// (reward of one decision of the learner in `seat` of lane `i`, its distance now in m).
// 
// `t`, `r`: the match's tiles of state and rules; `hits_before`: hits dealt and taken when the
// decision began, `distance_before` (m): at that moment; `w`: the weights of `Rewards`.
function decision_reward(t, r, i, seat, hits_before, distance_before, w) {
  const me = seat + i, them = (1 - seat) + i;
  const x = wrap_x(f(t[them] - t[me]), r[3 + i]);
  const y = f(t[2 + them] - t[2 + me]);
  const far = f(Math.sqrt(f(f(x * x) + f(y * y))));
  const dealt = f(t[16 + me] - hits_before[0]);
  const taken = f(t[16 + them] - hits_before[1]);
  const reward = f(f(f(w[0] * dealt) - f(w[1] * taken)) + w[7]);
  if (t[39 + i] > 0.0) {
    const outcome = Math.trunc(t[40 + i]);
    if (outcome === (seat + 1)) {
      return [f(reward + w[2]), far];
    }
    return [f(reward + ((outcome !== 0) ? -w[3] : 0.0)), far];
  }
  const nose_cos = f(f(f(x * t[28 + me]) + f(y * t[26 + me])) / max(far, 0.0010000000474974513));
  const near = max(0.0, f(1.0 - f(far / 500.0)));
  const shaped = f(reward + f(w[4] * f(distance_before - far)));
  return [f(f(shaped + f(w[5] * near)) + f(w[6] * nose_cos)), far];
}

// Count how the match in lane `i` of tile `t` ended for `seat`, in `counts` of `RESULTS`.
function count_result(counts, t, i, seat) {
  const outcome = Math.trunc(t[40 + i]), timed_out = t[41 + i] > 0.0;
  counts[(outcome === 0) ? 1 : ((outcome === (seat + 1)) ? 0 : 2)] = counts[(outcome === 0) ? 1 : ((outcome === (seat + 1)) ? 0 : 2)] + 1;
  if (timed_out) {
    counts[3] = counts[3] + 1;
  }
  if ((outcome === (2 - seat)) && timed_out) {
    counts[5] = counts[5] + 1;
  } else if ((outcome === (2 - seat)) && (t[(8 + seat) + i] > 0.0)) {
    counts[4] = counts[4] + 1;
  }
}

// Write the scaled features of the frame in `row` to `out`, from `at` on; where `sign` is -1, with
// left and right exchanged.
function write_features(row, sign, out, at) {
  const v0 = f(row[1] * sign);
  const v1 = f(row[8] * sign);
  const v2 = f(row[11] * sign);
  const v3 = (row[14] > 0.0010000000474974513 ? row[14] : 0.0010000000474974513);
  const v4 = f(v1 / v3);
  const v5 = f(row[9] / v3);
  const v6 = f(row[14] / 0.4000000059604645);
  const v7 = f(v2 * row[10]);
  const v8 = f(v7 * 0.25);
  const v9 = f(v8 * v6);
  const v10 = f(v1 + v9);
  const v11 = f(row[12] * row[10]);
  const v12 = f(v11 * 0.25);
  const v13 = f(v12 * v6);
  const v14 = f(row[9] + v13);
  const v15 = f(v10 * v10);
  const v16 = f(v14 * v14);
  const v17 = f(v15 + v16);
  const v18 = f(Math.sqrt(v17));
  const v19 = f(v18 / 0.4000000059604645);
  const v20 = f(v8 * v19);
  const v21 = f(v1 + v20);
  const v22 = f(v12 * v19);
  const v23 = f(row[9] + v22);
  const v24 = f(v21 * v21);
  const v25 = f(v23 * v23);
  const v26 = f(v24 + v25);
  const v27 = f(Math.sqrt(v26));
  const v28 = (v27 > 0.0010000000474974513 ? v27 : 0.0010000000474974513);
  const v29 = f(v23 * v0);
  const v30 = f(v21 * row[2]);
  const v31 = f(v29 - v30);
  const v32 = f(v0 * row[0]);
  const v33 = f(v32 * 0.25);
  const v34 = f(v33 * v6);
  const v35 = f(v34 - v1);
  const v36 = f(row[2] * row[0]);
  const v37 = f(v36 * 0.25);
  const v38 = f(v37 * v6);
  const v39 = f(v38 - row[9]);
  const v40 = f(v35 * v35);
  const v41 = f(v39 * v39);
  const v42 = f(v40 + v41);
  const v43 = f(Math.sqrt(v42));
  const v44 = (v43 > 0.0010000000474974513 ? v43 : 0.0010000000474974513);
  const v45 = f(1.0 - row[21]);
  const v46 = f(v45 * row[25]);
  const v47 = f(row[21] * row[19]);
  const v48 = f(v46 * row[23]);
  const v49 = f(v47 + v48);
  const v50 = f(v49 * sign);
  const v51 = f(row[21] * row[20]);
  const v52 = f(v46 * row[24]);
  const v53 = f(v51 + v52);
  const v54 = f(row[21] + v46);
  const v55 = f(v1 * v54);
  const v56 = f(v50 - v55);
  const v57 = f(row[9] * v54);
  const v58 = f(v53 - v57);
  const v59 = f(row[19] * row[19]);
  const v60 = f(row[20] * row[20]);
  const v61 = f(v59 + v60);
  const v62 = -v61;
  const v63 = (v62 < 0 ? 1.0 : 0.0);
  const v64 = f(v63 * v45);
  const v65 = f(row[23] * row[23]);
  const v66 = f(row[24] * row[24]);
  const v67 = f(v65 + v66);
  const v68 = -v67;
  const v69 = (v68 < 0 ? 1.0 : 0.0);
  const v70 = f(1.0 - row[25]);
  const v71 = f(v69 * v70);
  const v72 = f(1.0 - v64);
  const v73 = f(v71 * v72);
  const v74 = f(v64 * row[19]);
  const v75 = f(v73 * row[23]);
  const v76 = f(v74 + v75);
  const v77 = f(v76 * sign);
  const v78 = f(v64 * row[20]);
  const v79 = f(v73 * row[24]);
  const v80 = f(v78 + v79);
  const v81 = f(v64 + v73);
  const v82 = f(row[53] * sign);
  const v83 = f(row[16] * sign);
  const v84 = f(row[51] * sign);
  const v85 = f(row[18] * sign);
  const v86 = f(v4 * v0);
  const v87 = f(v5 * row[2]);
  const v88 = f(v86 + v87);
  const v89 = f(v5 * v0);
  const v90 = f(v4 * row[2]);
  const v91 = f(v89 - v90);
  const v92 = f(v4 * v2);
  const v93 = f(v5 * row[12]);
  const v94 = f(v92 + v93);
  const v95 = -v94;
  const v96 = f(v4 * row[12]);
  const v97 = f(v5 * v2);
  const v98 = f(v96 - v97);
  const v99 = f(v2 * v0);
  const v100 = f(row[12] * row[2]);
  const v101 = f(v99 + v100);
  const v102 = f(row[12] * v0);
  const v103 = f(v2 * row[2]);
  const v104 = f(v102 - v103);
  const v105 = f(v21 * v0);
  const v106 = f(v23 * row[2]);
  const v107 = f(v105 + v106);
  const v108 = f(v107 / v28);
  const v109 = f(v31 / v28);
  const v110 = f(v31 * 30.0);
  const v111 = (v110 < 1.0 ? v110 : 1.0);
  const v112 = (v111 > -1.0 ? v111 : -1.0);
  const v113 = f(v35 * v2);
  const v114 = f(v39 * row[12]);
  const v115 = f(v113 + v114);
  const v116 = f(v115 / v44);
  const v117 = f(v39 * v2);
  const v118 = f(v35 * row[12]);
  const v119 = f(v117 - v118);
  const v120 = f(v119 / v44);
  const v121 = f(v82 * v0);
  const v122 = f(row[54] * row[2]);
  const v123 = f(v121 + v122);
  const v124 = f(row[54] * v0);
  const v125 = f(v82 * row[2]);
  const v126 = f(v124 - v125);
  const v127 = f(v56 * v2);
  const v128 = f(v58 * row[12]);
  const v129 = f(v127 + v128);
  const v130 = f(v58 * v2);
  const v131 = f(v56 * row[12]);
  const v132 = f(v130 - v131);
  const v133 = f(v77 * v0);
  const v134 = f(v80 * row[2]);
  const v135 = f(v133 + v134);
  const v136 = f(v80 * v0);
  const v137 = f(v77 * row[2]);
  const v138 = f(v136 - v137);
  const v139 = f(v77 * v77);
  const v140 = f(v80 * v80);
  const v141 = f(v139 + v140);
  const v142 = f(Math.sqrt(v141));
  const v143 = f(v142 * 4.0);
  const v144 = f(v81 - v143);
  const v145 = (v144 > 0.0 ? v144 : 0.0);
  const v146 = f(0.30000001192092896 - row[5]);
  const v147 = f(v146 * 4.0);
  const v148 = (v147 > 0.0 ? v147 : 0.0);
  const v149 = f(row[0] * row[2]);
  const v150 = f(0.30000001192092896 - row[0]);
  const v151 = f(v150 * 5.0);
  const v152 = (v151 > 0.0 ? v151 : 0.0);
  const v153 = f(row[9] / 0.6000000238418579);
  const v154 = f(row[5] + v153);
  const v155 = f(row[0] - 0.36000001430511475);
  const v156 = f(v155 * 6.5);
  const v157 = f(v0 - 0.7799999713897705);
  const v158 = f(v157 * 3.700000047683716);
  const v159 = f(row[2] - 0.009999999776482582);
  const v160 = f(v159 * 1.7999999523162842);
  const v161 = f(row[3] - 0.8600000143051147);
  const v162 = f(v161 * 5.400000095367432);
  const v163 = f(row[4] - 0.09000000357627869);
  const v164 = f(v163 * 4.599999904632568);
  const v165 = f(row[5] - 0.3400000035762787);
  const v166 = f(v165 * 6.400000095367432);
  const v167 = f(row[7] - 0.2800000011920929);
  const v168 = f(v167 * 9.100000381469727);
  const v169 = f(v1 - 0.019999999552965164);
  const v170 = f(v169 * 6.199999809265137);
  const v171 = f(row[9] - 0.0);
  const v172 = f(v171 * 10.0);
  const v173 = f(row[10] - 0.36000001430511475);
  const v174 = f(v173 * 6.5);
  const v175 = f(v2 - 0.11999999731779099);
  const v176 = f(v175 * 1.2000000476837158);
  const v177 = f(row[12] - 0.009999999776482582);
  const v178 = f(v177 * 1.7999999523162842);
  const v179 = f(row[13] - 0.8600000143051147);
  const v180 = f(v179 * 5.400000095367432);
  const v181 = f(row[14] - 0.14000000059604645);
  const v182 = f(v181 * 9.199999809265137);
  const v183 = f(row[15] - 0.07000000029802322);
  const v184 = f(v183 * 2.4000000953674316);
  const v185 = f(v83 - 0.019999999552965164);
  const v186 = f(v185 * 1.600000023841858);
  const v187 = f(row[17] - 0.2800000011920929);
  const v188 = f(v187 * 9.100000381469727);
  const v189 = f(v84 - 0.05000000074505806);
  const v190 = f(v189 * 1.7000000476837158);
  const v191 = f(v85 - 0.03999999910593033);
  const v192 = f(v191 * 1.7000000476837158);
  const v193 = f(v88 - 0.05999999865889549);
  const v194 = f(v193 * 1.2000000476837158);
  const v195 = f(v91 - 0.019999999552965164);
  const v196 = f(v195 * 1.7999999523162842);
  const v197 = f(v95 - 0.05999999865889549);
  const v198 = f(v197 * 1.2000000476837158);
  const v199 = f(v98 - 0.03999999910593033);
  const v200 = f(v199 * 1.899999976158142);
  const v201 = f(v101 - 0.12999999523162842);
  const v202 = f(v201 * 1.2999999523162842);
  const v203 = f(v104 - 0.0);
  const v204 = f(v203 * 1.600000023841858);
  const v205 = f(v108 - 0.05999999865889549);
  const v206 = f(v205 * 1.2000000476837158);
  const v207 = f(v109 - 0.019999999552965164);
  const v208 = f(v207 * 1.7999999523162842);
  const v209 = f(v112 - 0.05999999865889549);
  const v210 = f(v209 * 1.2999999523162842);
  const v211 = f(v116 - 0.05999999865889549);
  const v212 = f(v211 * 1.2000000476837158);
  const v213 = f(v120 - 0.03999999910593033);
  const v214 = f(v213 * 1.7999999523162842);
  const v215 = f(v123 - 0.3199999928474426);
  const v216 = f(v215 * 2.9000000953674316);
  const v217 = f(v126 - 0.019999999552965164);
  const v218 = f(v217 * 4.099999904632568);
  const v219 = f(row[55] - 0.9100000262260437);
  const v220 = f(v219 * 10.0);
  const v221 = f(v54 - 0.07999999821186066);
  const v222 = f(v221 * 3.700000047683716);
  const v223 = f(v129 - 0.0);
  const v224 = f(v223 * 10.0);
  const v225 = f(v132 - 0.0);
  const v226 = f(v225 * 10.0);
  const v227 = f(v81 - 0.07999999821186066);
  const v228 = f(v227 * 3.700000047683716);
  const v229 = f(v135 - 0.0);
  const v230 = f(v229 * 10.0);
  const v231 = f(v138 - 0.0);
  const v232 = f(v231 * 10.0);
  const v233 = f(v145 - 0.05000000074505806);
  const v234 = f(v233 * 5.699999809265137);
  const v235 = f(v148 - 0.17000000178813934);
  const v236 = f(v235 * 4.5);
  const v237 = f(v149 - -0.029999999329447746);
  const v238 = f(v237 * 4.699999809265137);
  const v239 = f(v152 - 0.18000000715255737);
  const v240 = f(v239 * 3.200000047683716);
  const v241 = f(v154 - 0.3400000035762787);
  const v242 = f(v241 * 6.400000095367432);
  out[at + 0] = v156;
  out[at + 1] = v158;
  out[at + 2] = v160;
  out[at + 3] = v162;
  out[at + 4] = v164;
  out[at + 5] = v166;
  out[at + 6] = v168;
  out[at + 7] = v170;
  out[at + 8] = v172;
  out[at + 9] = v174;
  out[at + 10] = v176;
  out[at + 11] = v178;
  out[at + 12] = v180;
  out[at + 13] = v182;
  out[at + 14] = v184;
  out[at + 15] = v186;
  out[at + 16] = v188;
  out[at + 17] = v190;
  out[at + 18] = v192;
  out[at + 19] = v194;
  out[at + 20] = v196;
  out[at + 21] = v198;
  out[at + 22] = v200;
  out[at + 23] = v202;
  out[at + 24] = v204;
  out[at + 25] = v206;
  out[at + 26] = v208;
  out[at + 27] = v210;
  out[at + 28] = v212;
  out[at + 29] = v214;
  out[at + 30] = v216;
  out[at + 31] = v218;
  out[at + 32] = v220;
  out[at + 33] = v222;
  out[at + 34] = v224;
  out[at + 35] = v226;
  out[at + 36] = v228;
  out[at + 37] = v230;
  out[at + 38] = v232;
  out[at + 39] = v234;
  out[at + 40] = v236;
  out[at + 41] = v238;
  out[at + 42] = v240;
  out[at + 43] = v242;
}

// Write whether the nose must go up, and the throttle then, to `out`, from `at` on.
function write_pull_up(row, out, at) {
  const v0 = -row[2];
  const v1 = (v0 > 0.0 ? v0 : 0.0);
  const v2 = f(v1 * row[0]);
  const v3 = f(22.0 * v1);
  const v4 = f(v3 * v1);
  const v5 = f(3.0 + v4);
  const v6 = f(36.0 * v2);
  const v7 = f(v5 + v6);
  const v8 = f(103.0 * v2);
  const v9 = f(v8 * v2);
  const v10 = f(v7 + v9);
  const v11 = f(row[0] - 0.19599999487400055);
  const v12 = (v11 < 0 ? 1.0 : 0.0);
  const v13 = f(15.0 * v1);
  const v14 = f(20.0 + v13);
  const v15 = f(v14 - v10);
  const v16 = (v15 > 0.0 ? v15 : 0.0);
  const v17 = f(v12 * v16);
  const v18 = f(v10 + v17);
  const v19 = f(row[5] * 600.0);
  const v20 = f(v19 - 5.0);
  const v21 = f(v20 - v18);
  const v22 = (v21 < 0 ? 1.0 : 0.0);
  const v23 = f(row[0] - 0.3199999928474426);
  const v24 = (v23 < 0 ? 1.0 : 0.0);
  out[at + 0] = v22;
  out[at + 1] = v24;
}

return {FEATURES, DISTANCE, uniform, stream, respawn, decision_reward, count_result, write_features, write_pull_up};
})();

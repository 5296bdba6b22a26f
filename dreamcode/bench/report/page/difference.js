"use strict";
// What changes from one text to another, line by line.
const { compareTexts } = (() => {
  const CONTEXT = 3; // lines around a change
  const LARGEST = 4e6; // cells of the table behind a difference

  const linesOf = (text) => text.replace(/\n$/, "").split("\n");

  // Pairs of "-", "+" or " " and a line, by a longest common subsequence.
  const compare = (before, after) => {
    let start = 0;
    while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
    let tail = 0;
    while (tail < before.length - start && tail < after.length - start &&
           before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
    const one = before.slice(start, before.length - tail);
    const two = after.slice(start, after.length - tail);
    const edits = before.slice(0, start).map((line) => [" ", line]);
    if (one.length * two.length > LARGEST) {
      edits.push(...one.map((line) => ["-", line]), ...two.map((line) => ["+", line]));
    } else {
      const width = two.length + 1;
      const common = new Uint32Array((one.length + 1) * width);
      for (let i = one.length - 1; i >= 0; i -= 1) {
        for (let j = two.length - 1; j >= 0; j -= 1) {
          common[i * width + j] = one[i] === two[j]
            ? common[(i + 1) * width + j + 1] + 1
            : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
        }
      }
      let i = 0;
      let j = 0;
      while (i < one.length || j < two.length) {
        if (i < one.length && j < two.length && one[i] === two[j]) {
          edits.push([" ", one[i]]);
          i += 1;
          j += 1;
        } else if (j === two.length || (i < one.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
          edits.push(["-", one[i]]);
          i += 1;
        } else {
          edits.push(["+", two[j]]);
          j += 1;
        }
      }
    }
    edits.push(...before.slice(before.length - tail).map((line) => [" ", line]));
    return edits;
  };

  // The changes with lines around them, in the unified form.
  const unify = (edits) => {
    const wanted = new Set();
    edits.forEach(([kind], place) => {
      if (kind === " ") return;
      for (let near = place - CONTEXT; near <= place + CONTEXT; near += 1) wanted.add(near);
    });
    const hunks = [];
    let [one, two, last] = [0, 0, -2];
    edits.forEach(([kind, line], place) => {
      if (wanted.has(place)) {
        if (place !== last + 1) hunks.push({ one: one + 1, two: two + 1, edits: [] });
        hunks[hunks.length - 1].edits.push([kind, line]);
        last = place;
      }
      if (kind !== "+") one += 1;
      if (kind !== "-") two += 1;
    });
    return hunks.flatMap((hunk) => {
      const count = (side) => hunk.edits.filter(([kind]) => kind === " " || kind === side).length;
      const span = (first, length) => {
        const start = length ? first : first - 1; // as diff counts a side without lines
        return length === 1 ? `${start}` : `${start},${length}`;
      };
      return [["@", `@@ -${span(hunk.one, count("-"))} +${span(hunk.two, count("+"))} @@`], ...hunk.edits];
    });
  };

  return { compareTexts: (before, after) => unify(compare(linesOf(before), linesOf(after))) };
})();

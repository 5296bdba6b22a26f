"use strict";
// Draws what stands in the page as JSON. Texts of problems and programs come from strangers:
// they become text nodes and never markup.
(() => {
  const OPEN_BRANCHES = 60; // of a tree; those beyond are drawn when they are unfolded

  const make = (tag, options = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "onclick") {
        element.addEventListener("click", value);
      } else if (value !== null && value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children.filter((child) => child !== null)); // strings become text
    return element;
  };

  const button = (options, ...children) => make("button", { type: "button", ...options }, ...children);

  const fold = (title, open, fill, options = {}) => {
    let filled = false;
    const draw = () => {
      if (filled) return;
      filled = true;
      details.append(...[fill()].flat().filter((child) => child !== null));
    };
    const details = make("details", { ...options, open }, make("summary", { onclick: draw }, title));
    details.addEventListener("toggle", draw); // it may be opened in other ways: a search, a script
    if (open) draw();
    return details;
  };

  const heading = (text) => make("h4", {}, text);
  const markOf = (mark) => (mark ? make("span", { class: `mark ${mark.look}` }, mark.words) : null);

  const pairOf = (name, value) => (value ? make("span", { class: "pair" }, `${name} `, value) : null);

  const scoreOf = (score, whose) => {
    if (score === null) return null;
    const element = make("span", { class: `score ${whose}`, title: whose }, score.toFixed(2));
    element.style.setProperty("--score", Math.max(0, Math.min(1, score)));
    return element;
  };

  // A function's name and what is known of it: numbers of one scale only stand side by side.
  const stepOf = (name, { score = null, whose = "reward", falls = false, origin = 0 }) => {
    const number = scoreOf(score, whose);
    if (number && falls) {
      number.classList.add("fall");
      number.title = "the reward falls here";
      number.prepend("▼");
    }
    return [name, number ? " " : "", number || "", origin ? make("span", { class: "origin" }, ` from sample ${origin}`) : ""];
  };

  const legendOf = (scale, there) => {
    const words = [scale && `numbers: ${scale}`, there.falls && "▼ the reward falls here",
      scale && !there.falls && there.uncalibrated && "likelihoods name no function",
      there.copies && "×2: samples with the same text", there.recombined && "recombined: functions of several samples",
      there.dropped && "✂ dropped, and why"].filter(Boolean);
    return words.length ? make("p", { class: "note legend" }, words.join(" · ")) : null;
  };

  // Python, well enough to read: strings, comments, names, numbers.
  const TOKENS = new RegExp(
    [
      /(?<text>"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/,
      /(?<note>#[^\n]*)/,
      /(?<word>\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False)\b)/,
      /(?<digit>\b\d[\w.]*)/,
    ].map((pattern) => pattern.source).join("|"), "g");

  const codeOf = (text) => {
    const code = make("code");
    let end = 0;
    for (const match of text.matchAll(TOKENS)) {
      const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
      code.append(text.slice(end, match.index), make("span", { class: kind }, match[0]));
      end = match.index + match[0].length;
    }
    code.append(text.slice(end));
    return make("pre", { class: "code", tabindex: 0 }, code);
  };

  const textOf = (program) => program.steps.join("");
  const nameOf = (step) => (step.match(/^[ \t]*(?:async +)?def +(\w+)/m) || [null, "…"])[1];

  const markPublic = (grade) => grade && (grade.verdict === "accepted"
    ? { look: "right", words: `✓ ${grade.passed}/${grade.tests}` }
    : { look: "wrong", words: `✗ ${grade.passed}/${grade.tests} ${grade.verdict}` });

  const markGrade = (grade) => grade && (grade.verdict === "accepted"
    ? { look: "right", words: `✓ ${grade.verdict}` }
    : { look: "wrong", words: `✗ ${grade.verdict}, ${grade.passed}/${grade.tests}` });

  // ---- the search tree

  const drawTree = (data, show) => {
    const tree = make("ul", { class: "tree", "aria-label": "search tree" });
    let left = OPEN_BRANCHES;
    const steps = data.tree.flatMap((branch) => branch.steps);
    const scored = steps.some((step) => step.reward !== null);
    const known = scored || steps.some((step) => step.likelihood !== null);
    const legend = legendOf(known && data.scales.tree, {
      falls: steps.some((step) => step.falls),
      copies: data.tree.some((branch) => branch.samples > 1),
      recombined: data.tree.some((branch) => branch.recombined),
      dropped: data.tree.some((branch) => branch.mark && branch.mark.look === "cut"),
    });

    const drawBranch = (branch) => {
      const item = make("li");
      const line = make("div", { class: "flow" });
      const row = make("div", { class: "branch" });
      const below = make("div", { class: "below" });
      item.append(row, below);
      if (branch.children.length) {
        const children = make("ul");
        const toggle = button({ class: "fold", "aria-expanded": "false" });
        const unfold = (open) => {
          if (open && !children.firstChild) {
            children.append(...branch.children.map((place) => drawBranch(data.tree[place])));
          }
          children.hidden = !open;
          toggle.setAttribute("aria-expanded", String(open));
          toggle.setAttribute("aria-label", open ? "fold" : `unfold ${branch.children.length} branches`);
          toggle.textContent = open ? "▾" : "▸";
        };
        toggle.addEventListener("click", () => unfold(toggle.getAttribute("aria-expanded") !== "true"));
        item.unfold = unfold;
        left -= branch.children.length;
        unfold(left >= 0);
        row.append(toggle, line);
        item.append(children);
      } else {
        row.append(make("span", { class: "leaf", "aria-hidden": "true" }, "·"), line);
      }
      const shown = new Map();
      branch.steps.forEach(({ name, text, likelihood, reward, falls, origin }, number) => {
        if (number) line.append(make("span", { class: "arrow", "aria-hidden": "true" }, "→"));
        const own = scored ? { score: reward } : { score: likelihood, whose: "likelihood" };
        const step = button({ class: "step", "aria-expanded": "false" }, ...stepOf(name, { ...own, falls, origin }));
        step.addEventListener("click", () => {
          const open = !shown.has(step);
          step.setAttribute("aria-expanded", String(open));
          if (open) {
            shown.set(step, codeOf(text.trim()));
            below.append(shown.get(step));
          } else {
            shown.get(step).remove();
            shown.delete(step);
          }
        });
        line.append(step);
      });
      if (branch.samples > 1) line.append(make("span", { class: "samples" }, `×${branch.samples}`));
      if (branch.sample) line.append(make("span", { class: "pair" }, `sample ${branch.sample}`));
      if (branch.recombined) line.append(make("span", { class: "origin" }, "recombined"));
      const program = branch.program === null ? null : data.programs[branch.program];
      const graded = program !== null && program.grade !== null;
      // That it is finished goes without saying where the hidden tests have spoken.
      if (branch.mark && ["right", "wrong"].includes(branch.mark.look)) {
        line.append(pairOf("public", markOf(branch.mark)));
      } else if (branch.mark && !(graded && branch.mark.look === "plain")) {
        line.append(markOf(branch.mark));
      }
      if (graded) line.append(pairOf("hidden", markOf(markGrade(program.grade))));
      if (program !== null) {
        line.append(button({ class: "link", onclick: () => show(branch.program) }, `program ${branch.program + 1}`));
      }
      return item;
    };

    tree.append(...data.tree[0].children.map((place) => drawBranch(data.tree[place])));
    const all = (open) => () => {
      // Unfolding draws more items, which are then unfolded in their turn.
      for (let items = [...tree.children]; items.length;) {
        const item = items.pop();
        if (item.unfold) item.unfold(open);
        items.push(...item.querySelectorAll(":scope > ul > li"));
      }
    };
    const tools = data.tree.some((branch, place) => place && branch.children.length)
      ? make("p", { class: "tools" }, button({ class: "unfold-all", onclick: all(true) }, "Unfold all"), button({ class: "fold-all", onclick: all(false) }, "Fold all"))
      : null;
    return [legend, tools, tree];
  };

  // ---- programs

  const table = (head, rows) =>
    make("div", { class: "scroll", tabindex: 0 },
      make("table", { class: "numbers" },
        make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
        make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell)))))));

  const drawOutcomes = (outcomes, tests) => {
    if (!outcomes.length) return null;
    const pre = (text) => make("pre", {}, text);
    return table(["public test", "verdict", "CPU s", "input", "expected", "got"], outcomes.map((outcome, number) => {
      const right = outcome.verdict === "accepted";
      const verdict = markOf({ look: right ? "right" : "wrong", words: `${right ? "✓" : "✗"} ${outcome.verdict}` });
      const test = tests[number] || { input: "", expected: "" };
      return [String(number + 1), verdict, outcome.seconds.toFixed(2), pre(test.input), pre(test.expected), pre(outcome.got)];
    }));
  };

  const drawProgram = (data, program, number) => {
    const title = make("span", { class: "line" },
      make("strong", {}, `Program ${number + 1}`),
      number === 0 && data.ranked ? make("span", { class: "chosen" }, "chosen") : null,
      pairOf("hidden", markOf(markGrade(program.grade))),
      pairOf("public", markOf(markPublic(program.public))),
      pairOf(data.aggregation === "last" ? "reward" : `reward, ${data.aggregation}`, scoreOf(program.reward, "reward")),
      program.origins.length ? make("span", { class: "origin" }, "recombined") : null,
      program.copies > 1 ? make("span", { class: "samples" }, `×${program.copies}`) : null);
    const fill = () => {
      const line = make("p", { class: "chain" });
      program.steps.forEach((text, step) => {
        if (step) line.append(make("span", { class: "arrow", "aria-hidden": "true" }, "→"));
        const reward = program.rewards[step];
        const own = { score: reward === undefined ? null : reward, falls: data.falls[number] === step, origin: program.origins[step] };
        line.append(make("span", { class: "pair" }, ...stepOf(nameOf(text), own)));
      });
      const rewarded = program.rewards.some((reward) => reward !== null);
      const mean = program.mean_logprob;
      return [
        line,
        legendOf(rewarded && data.scales.programs, { falls: data.falls[number] !== null, uncalibrated: data.reward_model === "likelihood" }),
        mean === null ? null : make("p", { class: "note" }, `mean log-likelihood ${mean.toFixed(3)} nats per token`),
        drawOutcomes(program.outcomes, data.tests),
        codeOf(textOf(program)),
      ];
    };
    return fold(title, number === 0, fill, { class: "program" });
  };

  // ---- differences

  const drawDifference = (data) => {
    const pick = (chosen, label) => make("select", { "aria-label": label },
      ...data.programs.map((program, number) =>
        make("option", { value: number, selected: number === chosen }, `program ${number + 1}${number ? "" : data.ranked ? ", chosen" : ""}`)));
    const one = pick(0, "program before");
    const two = pick(1, "program after");
    const out = make("pre", { class: "diff", tabindex: 0 });
    const draw = () => {
      const [before, after] = [one, two].map((select) => textOf(data.programs[select.value]));
      const edits = compareTexts(before, after);
      const looks = { "@": "hunk", "-": "removed", "+": "added", " ": "same" };
      out.replaceChildren(
        make("span", { class: "hunk" }, `--- program ${Number(one.value) + 1}\n+++ program ${Number(two.value) + 1}\n`),
        ...edits.map(([kind, line]) => make("span", { class: looks[kind] }, `${kind === "@" ? "" : kind}${line}\n`)));
      if (!edits.length) out.append("no difference");
    };
    one.addEventListener("change", draw);
    two.addEventListener("change", draw);
    draw();
    return [make("p", { class: "tools" }, one, " to ", two), out];
  };

  // ---- a problem

  const readProblem = async (place) => {
    const letters = atob(document.getElementById(`data-${place}`).textContent);
    const packed = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  const drawProblem = (place) => {
    const element = make("div", { class: "problem" });
    readProblem(place).then((data) => element.append(...problemOf(data)));
    return element;
  };

  const problemOf = (data) => {
    const programs = data.programs.map((program, number) => drawProgram(data, program, number));
    const show = (number) => {
      programs[number].open = true;
      programs[number].querySelector("summary").focus();
      programs[number].scrollIntoView({ block: "start" });
    };
    const tree = data.tree[0].children.length
      ? drawTree(data, show)
      : [make("p", { class: "note" }, "The run's journal holds no search for this problem.")];
    return [
      make("dl", { class: "facts" }, ...data.facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
      fold(heading("Statement"), false, () => [
        make("pre", { class: "statement" }, data.statement),
        data.starter_code.trim() ? codeOf(data.starter_code) : null,
      ], { class: "statement-fold" }),
      fold(heading("Search tree"), true, () => tree, { class: "tree-fold" }),
      make("div", { class: "programs" }, heading("Programs"),
        ...(programs.length ? programs : [make("p", { class: "note" }, "No program was finished.")])),
      data.programs.length > 1
        ? fold(heading("Difference"), false, () => drawDifference(data), { class: "difference" })
        : "",
    ];
  };

  // ---- the table of problems

  const drawTable = (list) => {
    const body = list.tBodies[0];
    const rows = [...body.rows];
    const drawn = new Map();
    const form = document.getElementById("filter");
    const columns = [...list.tHead.rows[0].cells];

    // A narrow window lays the table out as cards, which would take its meaning away.
    const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
    const give = (element, role) => element.setAttribute("role", role || roles[element.tagName]);
    [list, list.tHead, body, ...list.rows].forEach((element) => give(element));
    for (const row of rows) [...row.cells].forEach((cell) => give(cell, cell.tagName === "TH" && "rowheader"));
    columns.forEach((column) => give(column, "columnheader"));

    const set = (row, open) => {
      if (open && !drawn.has(row)) {
        const cell = make("td", { colspan: columns.length });
        cell.append(drawProblem(row.dataset.place));
        const detail = make("tr", { class: "detail", id: `problem-${row.dataset.place}` }, cell);
        drawn.set(row, detail);
        row.after(detail);
      }
      if (drawn.has(row)) drawn.get(row).hidden = !open || row.hidden;
      row.open = open;
      row.opener.setAttribute("aria-expanded", String(open));
    };

    for (const row of rows) {
      const cell = row.cells[0];
      row.opener = button({ class: "opener", "aria-expanded": "false", "aria-controls": `problem-${row.dataset.place}` });
      row.opener.append(...cell.childNodes);
      cell.append(row.opener);
      row.addEventListener("click", (event) => {
        // Whoever marks text with the mouse wants to copy it.
        if (!event.target.closest("button") && getSelection().toString()) return;
        set(row, !row.open);
        if (row.open) history.replaceState(null, "", `#problem=${encodeURIComponent(row.dataset.id)}`);
      });
    }

    const count = document.getElementById("count");
    const filter = () => {
      const text = form.elements.text.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        const fits = ["difficulty", "platform", "outcome"].every((name) => {
          const wanted = form.elements[name]?.value; // not every benchmark has all of them
          return !wanted || row.dataset[name] === wanted;
        }) && row.cells[0].textContent.toLowerCase().includes(text);
        row.hidden = !fits;
        if (drawn.has(row)) drawn.get(row).hidden = !fits || !row.open;
        shown += fits;
      }
      count.textContent = `${shown} of ${rows.length}`;
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter(); // a page that is loaded again keeps what was typed

    const valueOf = (row, place, kind) => {
      const value = row.cells[place].dataset.value;
      return kind !== "text" ? (value === "" ? -Infinity : Number(value)) : value;
    };
    columns.forEach((column, place) => {
      const sorter = button({ class: "sorter" }, ...column.childNodes);
      column.append(sorter);
      sorter.addEventListener("click", () => {
        const rising = column.getAttribute("aria-sort") !== "ascending";
        for (const other of columns) other.removeAttribute("aria-sort");
        column.setAttribute("aria-sort", rising ? "ascending" : "descending");
        const kind = column.dataset.kind;
        const order = rows.slice().sort((one, two) => {
          const [a, b] = [valueOf(one, place, kind), valueOf(two, place, kind)];
          const way = kind !== "text" ? a - b || 0 : a.localeCompare(b, undefined, { numeric: true });
          return rising ? way : -way;
        });
        body.append(...order.flatMap((row) => (drawn.has(row) ? [row, drawn.get(row)] : [row])));
      });
    });

    const follow = () => {
      const wanted = location.hash.match(/^#problem=(.*)$/);
      if (!wanted) return;
      let id;
      try {
        id = decodeURIComponent(wanted[1]);
      } catch {
        return; // no address of ours
      }
      const row = rows.find((one) => one.dataset.id === id);
      if (!row) return;
      set(row, true);
      row.scrollIntoView({ block: "start" });
    };
    addEventListener("hashchange", follow);
    follow();
  };

  const list = document.getElementById("problems");
  if (list) drawTable(list);
  const only = document.getElementById("only");
  if (only) only.append(drawProblem(0));
})();

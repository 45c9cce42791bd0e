"use strict";

const figures = JSON.parse(document.getElementById("figures").textContent);
for (const [id, figure] of Object.entries(figures)) {
  Plotly.newPlot(id, figure.data, figure.layout, { displayModeBar: false, responsive: true });
}

const table = document.getElementById("students");
const rows = [...table.tBodies[0].rows];
const headers = [...table.tHead.rows[0].cells];
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compare(one, other, column, byNumber) {
  const [a, b] = [one, other].map((row) => row.cells[column].textContent.trim());
  return byNumber ? Number(a) - Number(b) : collator.compare(a, b);
}

headers.forEach((header, column) => {
  header.querySelector("button").addEventListener("click", () => {
    const order = header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    const sign = order === "ascending" ? 1 : -1;
    const byNumber = header.classList.contains("number");
    rows.sort((one, other) => sign * compare(one, other, column, byNumber));
    headers.forEach((each) => each.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", order);
    table.tBodies[0].append(...rows);
  });
});

document.getElementById("search").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length}`;
});

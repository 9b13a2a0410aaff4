// One value down a column, for columns where that makes sense (`data-fill` at the heading): Ctrl+D, and the handle at
// the corner of the selection. Never for names, birth dates and numbers.

import {isCards, mayEdit, rows, stops, table} from './cells.js';
import * as editor from './editor.js';
import * as selection from './selection.js';
import {base, described, perform, report} from './steps.js';

const handle = Object.assign(document.createElement('span'), {className: 'fill-handle', title: 'Kéo để điền xuống'});
const headOf = (cell) => table.querySelector(`thead [data-of="${cell.dataset.field}"]`);
const isFillable = (cell) => headOf(cell)?.dataset.fill === 'yes';

export function fillDown() {
  const lines = selection.block(), all = rows();
  const source = lines.length > 1 ? lines[0][0].parentElement : all[all.indexOf(lines[0][0].parentElement) - 1];
  const fixed = lines[0].filter((cell) => !isFillable(cell));
  if (fixed.length) return report(sentenceFor(fixed));
  if (!source) return report('Không có dòng nào ở trên để lấy nội dung điền xuống.');
  fill(source, lines.length > 1 ? lines.slice(1) : lines);
}

function sentenceFor(cells) {
  const names = cells.map((cell) => `“${headOf(cell)?.textContent ?? cell.dataset.label}”`).join(', ');
  return `Không điền xuống được ở cột ${names}: mỗi người một giá trị riêng, cần gõ hoặc dán. Chỉ điền xuống được nơi thường trú, dân tộc, quốc tịch.`;
}

function fill(source, lines) {
  const cells = lines.flat(), values = () => ({source: source.dataset.personId, ...described(lines, source)});
  return perform(`${base}/fill`, values, cells, {what: `điền ${cells.length} ô`});
}

function placeHandle() {
  const lines = editor.isEditing() || isCards() ? [] : selection.block();
  if (lines.length === 1 && lines[0].every(isFillable)) lines[0].at(-1).append(handle);
  else handle.remove();
}

function drag(event) {
  event.preventDefault();
  event.stopPropagation();
  const [line] = selection.block(), source = line[0].parentElement;
  let lines = [];
  const mark = (on) => lines.flat().forEach((cell) => cell.classList.toggle('fill-to', on));
  selection.track((cell) => {
    mark(false);
    lines = selection.rectangle(line[0], stops(cell.parentElement)[selection.column(line.at(-1))])
      .filter(([first]) => first.parentElement !== source);
    mark(true);
  }, (done) => {
    mark(false);
    if (!done || !lines.length) return;
    const ends = [source, ...lines.map(([first]) => first.parentElement)].sort((a, b) => a.rowIndex - b.rowIndex);
    const at = (row, cell) => stops(row)[selection.column(cell)];
    selection.select(at(ends[0], line[0]), at(ends.at(-1), line.at(-1)));
    fill(source, lines);
  });
}

export function start() {
  if (!mayEdit) return;
  handle.addEventListener('pointerdown', drag);
  table.addEventListener('selected', placeHandle);
  table.addEventListener('focusout', placeHandle);
}

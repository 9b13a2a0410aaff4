// Where things are in the table: rows, cells, neighbours; what a cell shows. No events here.

export const table = document.querySelector('table[role="grid"]');
export const frame = table?.closest('.grid-frame');
export const mayEdit = table?.dataset.mayEdit === 'yes';

export const rows = () => [...table.tBodies[0].rows].filter((row) => !row.hidden);
export const stops = (row) => [...row.cells].filter((cell) => cell.matches('[data-field], .state'));
export const isEditable = (cell) => mayEdit && cell.hasAttribute('data-field');
export const cellOf = (node) => {
  const cell = node instanceof Element ? node.closest('td, th') : null;
  return cell && table.tBodies[0].contains(cell) && cell.matches('[data-field], .state') ? cell : null;
};
export const firstCell = () => rows().length ? stops(rows()[0])[0] : null;
export const isCards = () => getComputedStyle(table).display !== 'table';

export function neighbour(cell, down, right) {
  const all = rows();
  const row = all[clamp(all.indexOf(cell.parentElement) + down, all.length)];
  if (!row) return cell;
  const column = stops(cell.parentElement).indexOf(cell);
  return stops(row)[clamp(column + right, stops(row).length)];
}

export const edge = (cell, side) => stops(cell.parentElement).at(side === 'start' ? 0 : -1);
export const corner = (side) => stops(rows().at(side === 'start' ? 0 : -1)).at(side === 'start' ? 0 : -1);

export function screenful() {
  const height = rows()[0]?.offsetHeight || 36;
  return Math.max(1, Math.floor(frame.clientHeight / height) - 2);
}

// The next cell that can be edited, reading order; past the end of a row it is the first one of the next row.
export function along(cell, direction) {
  const all = rows().flatMap(stops).filter(isEditable);
  return all[all.indexOf(cell) + direction] ?? null;
}

export function labelOf(cell) {
  const name = table.querySelector(`#${cell.parentElement.id} [data-field="full_name"]`);
  return `${cell.dataset.label ?? ''}, ${name?.dataset.value ?? ''}`;
}

export function show(cell, text) {
  for (const node of [...cell.childNodes]) if (!isKept(node)) node.remove();
  cell.prepend(...drawn(cell.dataset.field, text));
}

// The number is grouped 3-1-2-6 for the eye only: its text stays twelve digits.
function drawn(field, text) {
  const groups = field === 'identity_number' && /^([0-9]{3})([0-9])([0-9]{2})([0-9]{6})$/.exec(text);
  if (!groups) return [text];
  return groups.slice(1).map((digits) => Object.assign(document.createElement('i'), {textContent: digits}));
}

export const isKept = (node) => node instanceof Element && node.matches('.why, .meanwhile, .cell-input, .fill-handle');
const clamp = (n, length) => Math.max(0, Math.min(n, length - 1));

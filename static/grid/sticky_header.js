// The heading stays readable: it sticks to the frame, and where the page has moved the frame
// under the bar or a report, it comes down to their lower edge. `--bar` and `--covered`: how much
// of the window they take, for what must clear them.

import {frame, isCards} from './cells.js';

const bar = document.querySelector('.grid-bar');
const report = document.getElementById('grid-report');
const root = document.documentElement;
const ROW = 60; // pixels; more than the highest row

function placeHeader() {
  const hasReport = report.childElementCount > 0;
  const height = bar.offsetHeight;
  const covered = height + (hasReport ? report.offsetHeight : 0);
  const lift = Math.round(liftUnder(hasReport ? report : bar));
  // all is read before anything is set: the styles of the whole table are computed once
  root.style.setProperty('--bar', `${height}px`);
  root.style.setProperty('--covered', `${covered}px`);
  frame.style.setProperty('--lift', `${lift}px`);
}

function liftUnder(cover) {
  if (isCards()) return 0;
  const box = frame.getBoundingClientRect();
  const hidden = cover.getBoundingClientRect().bottom - box.top;
  const furthest = box.height - 2 * ROW; // two rows remain in sight below it
  return Math.max(0, Math.min(hidden, furthest));
}

// Into view with the heading. scroll-padding keeps the cell clear of the sticky parts.
function reveal(cell) {
  placeHeader(); // a report may have come since
  if (!isCards()) frame.scrollIntoView({block: 'nearest'});
  placeHeader();
  const {scrollLeft} = frame;
  cell.scrollIntoView({block: 'nearest', inline: 'nearest'});
  // These two stick to the edges of the frame: always in view, wherever it is scrolled to.
  if (cell.matches('.state')) frame.scrollLeft = scrollLeft;
  if (cell.matches('[data-field="full_name"]')) frame.scrollLeft = 0;
}

// A report that comes must not push the heading over the cell somebody is at.
function makeRoom() {
  placeHeader();
  const cell = frame.querySelector('td:focus-within');
  if (!cell || isCards()) return;
  const lowerEdge = frame.querySelector('th').getBoundingClientRect().bottom;
  const box = cell.getBoundingClientRect();
  const wasScrolledAway = box.bottom < lowerEdge - ROW;
  if (box.top >= lowerEdge || wasScrolledAway) return;
  const {scrollLeft} = frame;
  cell.scrollIntoView({block: 'nearest'});
  frame.scrollLeft = scrollLeft;
}

function start() {
  const observer = new ResizeObserver(makeRoom); // the first time once all is laid out
  for (const part of [bar, report, frame]) observer.observe(part);
  addEventListener('scroll', placeHeader, {passive: true});
}

export {placeHeader, reveal, start};

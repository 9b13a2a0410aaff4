// The heading stays readable: it sticks to the frame, and where the page has moved the frame under the bar or a report,
// it comes down to their lower edge. `--bar` and `--covered`: how much of the window they take, for what must clear them.

import {frame, isCards} from './cells.js';

const bar = document.querySelector('.grid-bar'), report = document.getElementById('grid-report');
const root = document.documentElement;

export function placeHeading() {
  const height = bar.offsetHeight, covered = height + (report.childElementCount ? report.offsetHeight : 0);
  root.style.setProperty('--bar', `${height}px`);
  root.style.setProperty('--covered', `${covered}px`);
  const edge = (report.childElementCount ? report : bar).getBoundingClientRect().bottom, box = frame.getBoundingClientRect();
  const lift = isCards() ? 0 : Math.min(Math.max(0, edge - box.top), box.height / 2);
  frame.style.setProperty('--lift', `${Math.round(lift)}px`);
}

// A report that comes must not push the heading over the cell somebody is at.
function makeRoom() {
  placeHeading();
  const cell = frame.querySelector('td:focus-within'), {scrollLeft} = frame;
  const edge = frame.querySelector('th').getBoundingClientRect().bottom, box = cell?.getBoundingClientRect();
  if (!cell || isCards() || box.top >= edge || box.bottom < edge - 60) return; // 60: or who has scrolled away
  cell.scrollIntoView({block: 'nearest'});
  frame.scrollLeft = scrollLeft;
}

export function start() {
  const watcher = new ResizeObserver(makeRoom);
  for (const piece of [bar, report, frame]) watcher.observe(piece);
  addEventListener('scroll', placeHeading, {passive: true});
  placeHeading();
}

// What nobody needs before the page can be used comes when it has loaded: the script of the search.

import {element} from './elements.js';

const place = document.querySelector('[data-script]');

function load() {
  document.head.append(element('script', {type: 'module', src: place.dataset.script}));
}

if (place && document.readyState === 'complete') load();
else if (place) addEventListener('load', load);

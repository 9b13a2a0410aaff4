// What nobody needs before the page can be used comes when it has loaded: what it names in
// `<meta name="later">`. Of these htmx may be wanted sooner, for a cell that is saved at once.

import {element} from './elements.js';

const LONGEST = 20_000; // milliseconds, as for a request of htmx
const addresses = [...document.querySelectorAll('meta[name=later]')].map((meta) => meta.content);
const ofHtmx = addresses.find((address) => address.includes('/htmx-'));
const loading = new Map(); // address -> promise

// Rejects if it does not come; the next time it is asked for anew.
function load(address) {
  if (!loading.has(address)) loading.set(address, request(address));
  return loading.get(address);
}

function request(address) {
  const type = address === ofHtmx ? 'text/javascript' : 'module';
  const script = element('script', {type, src: address});
  document.head.append(script);
  return new Promise((onLoaded, onFailed) => {
    script.addEventListener('load', onLoaded);
    script.addEventListener('error', () => {
      loading.delete(address);
      script.remove();
      onFailed();
    });
  });
}

// Rejects if it does not come in time. It may still come, so it is never asked for twice at once:
// two of them would do everything twice.
async function htmxLoaded() {
  if (!ofHtmx) return;
  await Promise.race([
    load(ofHtmx),
    new Promise((onEnd, onLate) => setTimeout(onLate, LONGEST)),
  ]);
}

function loadAll() {
  for (const address of addresses) load(address).catch(() => {});
}

if (document.readyState === 'complete') loadAll();
else addEventListener('load', loadAll);

export {htmxLoaded};

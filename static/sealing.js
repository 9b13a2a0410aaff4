// Texts that wait in this browser, sealed: whoever opens its folder reads nothing, and alters
// nothing unnoticed. ChaCha20-Poly1305 as RFC 8439 writes it; the tests open and seal with another
// library (tests/sealed_texts.py). Not the browser's own cryptography: that is missing where a
// school serves plain http in its network, and it answers too late for a page that is closing.

const bytesOf = (text) => new TextEncoder().encode(text);
const numberOf = (bytes) => bytes.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n);

// What is kept under `name`, null if nothing is or the key is another one. Throws what
// localStorage throws. `key`: 64 hexadecimal digits.
function load(name, key) {
  const [tag, raw] = localStorage.getItem(name)?.split(/ (.*)/s) ?? [];
  if (!raw) return null;
  const bytes = Uint8Array.from(raw, (sign) => sign.charCodeAt());
  const nonce = new Uint32Array(bytes.slice(0, 12).buffer);
  const sealed = bytes.subarray(12);
  if (`${tagOf(key, nonce, bytesOf(name), sealed)}` !== tag) return null;
  return JSON.parse(new TextDecoder().decode(encrypt(key, nonce, sealed)));
}

function store(name, value, key) {
  const nonce = crypto.getRandomValues(new Uint32Array(3));
  const sealed = encrypt(key, nonce, bytesOf(JSON.stringify(value)));
  let text = `${tagOf(key, nonce, bytesOf(name), sealed)} `;
  for (const byte of [...new Uint8Array(nonce.buffer), ...sealed]) {
    text += String.fromCharCode(byte);
  }
  localStorage.setItem(name, text);
}

function encrypt(key, nonce, bytes) {
  let stream;
  return bytes.map((byte, place) => {
    if (place % 64 === 0) stream = block(key, nonce, 1 + place / 64);
    return byte ^ stream[place % 64];
  });
}

function block(key, nonce, counter) {
  const begin = new Uint32Array([...wordsOf(key), counter, ...nonce]);
  const state = begin.slice();
  const mix = (one, other, third, bits) => {
    state[one] += state[other];
    const word = state[third] ^ state[one];
    state[third] = word << bits | word >>> 32 - bits;
  };
  for (const round of Array(80).keys()) {
    const shift = round >> 2 & 1; // four columns, four diagonals
    const [a, b, c, d] = [0, 1, 2, 3].map((row) => 4 * row + (round + shift * row) % 4);
    mix(a, b, d, 16);
    mix(c, d, b, 12);
    mix(a, b, d, 8);
    mix(c, d, b, 7);
  }
  return new Uint8Array(state.map((word, place) => word + begin[place]).buffer);
}

function wordsOf(key) {
  const digits = key.match(/../g).map((pair) => `0x${pair}`);
  return new Uint32Array(Uint8Array.of(...bytesOf('expand 32-byte k'), ...digits).buffer);
}

function tagOf(key, nonce, name, sealed) {
  const secret = block(key, nonce, 0);
  const factor = numberOf(secret.subarray(0, 16)) & 0xffffffc0ffffffc0ffffffc0fffffffn;
  const lengths = new BigUint64Array([BigInt(name.length), BigInt(sealed.length)]);
  let sum = 0n;
  for (let part of [name, sealed, new Uint8Array(lengths.buffer)]) {
    while (part.length) {
      sum = (sum + numberOf(part.subarray(0, 16)) + (1n << 128n)) * factor % ((1n << 130n) - 5n);
      part = part.subarray(16);
    }
  }
  return BigInt.asUintN(128, sum + numberOf(secret.subarray(16, 32)));
}

export {load, store};

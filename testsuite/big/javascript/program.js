// Real work for a JavaScript engine: JSON, regular expressions, closures, classes, generators, typed
// arrays, sorting, big integers, exceptions. Everything it prints is determined by this file.

const say = (...words) => console.log(...words);

// A generator of pseudo-random numbers, so that every run is the same.
function random(seed) {
    let state = seed >>> 0;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state;
    };
}

function records(count) {
    const next = random(7);
    const names = ['ada', 'grace', 'barbara', 'edsger', 'donald', 'tony', 'niklaus'];
    return Array.from({ length: count }, (_, id) => ({
        id,
        name: names[next() % names.length],
        score: (next() % 10000) / 100,
        tags: ['red', 'green', 'blue'].filter(() => next() & 64),
    }));
}

function json() {
    const text = JSON.stringify(records(2000));
    const parsed = JSON.parse(text);
    const byName = new Map();
    for (const { name, score } of parsed) {
        const entry = byName.get(name) ?? { count: 0, sum: 0 };
        entry.count++;
        entry.sum += score;
        byName.set(name, entry);
    }
    say('json', text.length, parsed.length);
    for (const [name, { count, sum }] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
        say(' ', name, count, (sum / count).toFixed(3));
    }
    say(JSON.stringify(parsed.slice(0, 2), null, 1));
}

function expressions() {
    const text = records(500).map((r) => `${r.id}: ${r.name}@${r.tags.join('.') || 'none'} = ${r.score}`).join('\n');
    const pattern = /^(?<id>\d+): (?<name>[a-z]+)@(?<tags>[\w.]+) = (?<score>\d+(?:\.\d+)?)$/gmu;
    let matches = 0, total = 0;
    for (const match of text.matchAll(pattern)) {
        matches++;
        total += Number(match.groups.score);
    }
    say('regex', matches, total.toFixed(2));
    say(text.split('\n')[3].replace(/([a-z]+)@([a-z.]+)/, (_, name, tags) => `${tags.toUpperCase()} of ${name}`));
    say('aaaXbbbXccc'.split(/x/i).map((part) => part.replaceAll('b', 'd')).join('-'));
}

function* primes(limit) {
    const composite = new Uint8Array(limit + 1);
    for (let n = 2; n <= limit; n++) {
        if (composite[n]) continue;
        yield n;
        for (let multiple = n * n; multiple <= limit; multiple += n) composite[multiple] = 1;
    }
}

function arrays() {
    let count = 0, last = 0;
    for (const prime of primes(50000)) {
        count++;
        last = prime;
    }
    say('primes', count, last);
    const next = random(99);
    const floats = Float64Array.from({ length: 5000 }, () => next() / 2 ** 32);
    floats.sort();
    const view = new DataView(floats.buffer);
    say('floats', floats[0], floats[2500], floats[4999], view.getUint8(13), view.getInt32(16, true));
    const words = new Uint32Array(256);
    for (let n = 0; n < 256; n++) {
        let value = n;
        for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
        words[n] = value;
    }
    const crc = (text) => {
        let value = ~0;
        for (const character of text) value = (value >>> 8) ^ words[(value ^ character.codePointAt(0)) & 255];
        return (~value >>> 0).toString(16);
    };
    say('crc', crc('123456789'), crc('the quick brown fox'));
}

class Shape {
    #name;
    constructor(name) { this.#name = name; }
    get name() { return this.#name; }
    area() { throw new TypeError(`${this.#name} has no area`); }
}
class Circle extends Shape {
    constructor(radius) { super('circle'); this.radius = radius; }
    area() { return Math.PI * this.radius ** 2; }
}

function language() {
    const counters = [1, 10, 100].map((step) => {
        let count = 0;
        return { tick: () => (count += step) };
    });
    for (let i = 0; i < 5; i++) counters.forEach(({ tick }) => tick());
    say('closures', ...counters.map(({ tick }) => tick()));
    for (const shape of [new Circle(2.5), new Shape('cloud')]) {
        try {
            say(shape.name, shape.area().toFixed(6));
        } catch (error) {
            say(error instanceof TypeError, error.message);
        }
    }
    let factorial = 1n;
    for (let n = 1n; n <= 60n; n++) factorial *= n;
    say('60! =', factorial.toString());
    const tree = (depth) => (depth === 0 ? null : { left: tree(depth - 1), right: tree(depth - 1) });
    const nodes = (node) => (node === null ? 0 : 1 + nodes(node.left) + nodes(node.right));
    let sum = 0;
    for (let round = 0; round < 20; round++) sum += nodes(tree(12));
    say('nodes', sum);
    say([..."żółw 🐢"].reverse().join(''), 'straße'.toUpperCase(), (1234567.891).toString(36));
    const matrix = (n, f) => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => f(i, j)));
    const a = matrix(40, (i, j) => (i * j) % 7), b = matrix(40, (i, j) => (i + j) % 5);
    let trace = 0;
    for (let i = 0; i < 40; i++) for (let k = 0; k < 40; k++) trace += a[i][k] * b[k][i];
    say('trace', trace);
}

export const run = {
    run() {
        json();
        expressions();
        arrays();
        language();
    },
};

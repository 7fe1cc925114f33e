// The JavaScript guest. `peer` is a relay: every function changes what it was given, asks the peer below, and
// changes what that answers. `run` asks the peer below everything and prints what it answers.
import * as below from 'test:peers/peer';

// --- the relay

// A function of a result returns or throws. What an import throws carries the error as its payload.
const changed = (act, change) => {
    try {
        return act();
    } catch (error) {
        if (!('payload' in error)) throw error;
        throw change(error.payload);
    }
};
const same = (error) => error;

// What componentize-js 0.23 passes wrongly as an argument or a result of its own, so that it has no place here:
// a negative s64 (it stops), and an u32 of more than 31 bits (it takes half of a double for it).
const nonnegative = (number) => {
    const signed = BigInt.asIntN(64, number);
    return BigInt.asUintN(63, signed < 0n ? -signed : signed);
};

let made = 0, destroyed = 0;

// An account of the peer's, and how often it was asked for something.
class Account {
    constructor(owner, balance) {
        made++;
        this.calls = 0;
        this.below = owner instanceof below.Account ? owner : new below.Account(`${owner}ˢ`, nonnegative(balance));
    }
    get used() {
        this.calls++;
        return this.below;
    }
    // Takes the account below out, to be given away.
    taken() {
        const inner = this.below;
        this.below = undefined;
        destroyed++;
        return inner;
    }
    [Symbol.dispose]() {
        if (!this.below) return;
        destroyed++;
        this.below[Symbol.dispose]();
    }
    owner() {
        const owner = this.used.owner();
        return `${owner} ${this.calls}`;
    }
    balance() { return this.used.balance(); }
    deposit(amount) {
        const half = Math.floor(amount / 2);
        this.used.deposit(half);
        this.used.deposit(half);
        return this.used.deposit(amount % 2);
    }
    withdraw(amount) { return changed(() => this.used.withdraw(amount), same); }
    history() {
        const list = this.used.history();
        return [...list, ['asked in JavaScript', BigInt(this.calls)]];
    }
    transfer(to, amount) { return changed(() => this.used.transfer(to.used, amount), same); }
    static merge(all) {
        const merged = below.Account.merge(all.map((account) => account.taken()));
        return merged && new Account(merged);
    }
}

export const peer = {
    Account,
    name: () => `JavaScript over ${below.name()}`,

    text: (s) => `‹${below.text([...s].map((c) => (c === 'n' ? 'ñ' : c)).join(''))}›`,
    join: (parts, separator) => below.join(parts.toReversed(), separator),
    split(s, separator) {
        const parts = below.split(s, separator);
        return [...parts, `${parts.length}`];
    },
    table: (rows) => below.table(rows.map((row, at) => [...row, `№ ${at}`])),
    bytes: (b) => below.bytes(b.map((byte) => byte ^ 0x55)),
    transpose: (rows) =>
        changed(() => below.transpose(rows.map((row) => [...row].map((x) => x * 2))), (text) => `JavaScript: ${text}`),

    scalars: (a, b, c, d, e, f, g, h, i, j, k, l) =>
        below.scalars(!a, b ^ 1, c ^ 1, d ^ 1, e ^ 1, f >>> 1, g ^ 1, h ^ 1n, nonnegative(i ^ 1n), j / 2, k / 2, l),
    many: (name, point, shape, colour, rights, note, numbers, [big, small], last) =>
        below.many(
            `JavaScript:${name}`, { ...point, x: point.x ^ 1 }, shape, colour === 'red' ? 'dark-blue' : 'red',
            { ...rights, read: !rights.read }, note?.toUpperCase(), [...numbers].map((n) => (n + 1) % 65536),
            [big + 1n, small], last),

    older: (who, by) =>
        changed(
            () => below.older({ ...who, tags: [...who.tags, 'JavaScript'], home: who.home ? undefined : { x: 7, y: 7.5 } }, by),
            ({ tag, val }) => ({ tag, val: tag === 'refused' ? `JavaScript: ${val}` : tag === 'outside' ? [-val[0], val[1]] : val })),
    byAge: (people) => below.byAge(people.map((who) => ({ ...who, age: who.age ^ 0xff }))),
    next: (s) => below.next(below.next(s)),
    nextAll: (all) => below.nextAll(all).reverse(),
    area(s) {
        const area = below.area(s);
        return area === undefined ? undefined : -area;
    },
    deeper: (o) => below.deeper(below.deeper(o)),
    convert: (r) =>
        changed(
            () => `${below.convert(r.tag === 'ok' ? { tag: 'ok', val: Math.floor(r.val / 2) } : r)} halves`,
            (code) => code + 1000),
    check: (r) => changed(() => below.check(r && { ...r, runAll: !r.runAll }), same),

    richest: (all) => below.richest(all.map((account) => account.used)),
    open: (owners) => below.open(owners).map((account) => new Account(account)),
    close: (account) => below.close(account.taken()) + 1n,
    wrap({ label, contents, price }) {
        const wrapped = below.wrap({ label, contents: contents?.taken(), price: price / 2n });
        return { ...wrapped, contents: wrapped.contents && new Account(wrapped.contents) };
    },
    pick: (a, b, second) =>
        new Account(changed(() => below.pick(a.taken(), b.taken(), !second), (other) => new Account(other))),
    accounts: () => [['JavaScript', made, destroyed], ...below.accounts()],
};

// --- the command

// Long texts are printed as their length and a digest.
const digest = (units) => {
    let hash = 0x811c9dc5;
    for (const unit of units) hash = Math.imul(hash ^ unit, 0x01000193);
    return (hash >>> 0).toString(16);
};
const written = (value) =>
    JSON.stringify(value, (_, v) => {
        if (typeof v === 'bigint') return `${v}n`;
        if (typeof v === 'number' && (Object.is(v, -0) || !Number.isFinite(v))) return Object.is(v, -0) ? '-0' : `${v}`;
        if (ArrayBuffer.isView(v)) return Array.from(v);
        if (v instanceof below.Account) return 'account';
        if (typeof v === 'string' && v.length > 200) return `${v.length} units, ${digest([...v].map((c) => c.codePointAt(0)))}`;
        return v;
    });
const say = (what, ...values) => console.log(what, ...values.map((value) => written(value) ?? 'nothing'));
const attempt = (what, act) => {
    try {
        say(what, act());
    } catch (error) {
        if (!('payload' in error)) throw error;
        say(`${what} failed`, error.payload);
    }
};

function texts() {
    say('JavaScript asks', below.name());
    const long = 'ż🐢x'.repeat(20000);
    for (const s of ['', 'plain', 'Zażółć gęślą jaźń, naïve', '🐢🚀👩‍🔬 e\u0301', '\0nul\r\n\t\u{10ffff}\uffff', 'latin é', long]) {
        say('text', below.text(s));
    }
    // Half of a character is none.
    say('lone surrogate', below.text('a\ud83d'));
    say('join', below.join(['a', '', 'ö', '🐢'], '→'), below.join([], '🚀'));
    say('split', below.split('🐢, a,,b', ','), below.split('', 'x'), below.split(long, '🐢').length);
    say('table', below.table([['a', 'bé', '🐢'], [], ['']]), below.table([]));
    const many = Uint8Array.from({ length: 300000 }, (_, i) => (i * (i % 1000)) >> 3);
    say('bytes', below.bytes(Uint8Array.of(1, 2, 255, 0, 128)), below.bytes(new Uint8Array()), digest(below.bytes(many)));
}

function numbers() {
    attempt('transpose', () => below.transpose([[1, 2.5, -0], [Infinity, 1e300, 5e-324]]));
    attempt('transpose', () => below.transpose([]));
    attempt('transpose', () => below.transpose([[1], []]));
    say('scalars', below.scalars(true, 255, -128, 65535, -32768, 2 ** 31 - 1, -(2 ** 31), 2n ** 64n - 1n, 2n ** 63n - 1n, 0.1, 0.1, 'q'));
    say('scalars', below.scalars(false, 0, 127, 1, 2, 3, 4, 5n, 6n, 3.4028234663852886e38, 2.2250738585072014e-308, '🐢'));
    say('many', below.many(
        'first', { x: -1, y: 0.5 }, { tag: 'label', val: ['naïve', 'green'] }, 'red', { read: true, runAll: true },
        'a note 🐢', [1, 65535], [2n ** 60n, 0.25], 'last'));
    say('many', below.many('', { x: 2 ** 31 - 1, y: -0 }, { tag: 'nothing' }, 'dark-blue', {}, undefined, [], [0n, 1e-38], ''));
}

function compounds() {
    const people = [
        { name: 'Ada Lovelace', age: 36, tags: ['poet', '🧮'], colour: 'dark-blue', rights: { write: true }, home: { x: 51, y: -0.12 } },
        { name: 'Zoë', age: 200, tags: [], colour: 'green', rights: {}, home: undefined },
        { name: '', age: 7, tags: [''], colour: 'red', rights: { read: true, write: true, runAll: true }, home: undefined },
    ];
    for (const who of people) attempt('older', () => below.older(who, 60));
    say('by age', below.byAge(people), below.byAge([]));
    let shapes = [
        { tag: 'nothing' }, { tag: 'circle', val: 2.5 }, { tag: 'polygon', val: [[0, 0], [4, 0], [0, 3]].map(([x, y]) => ({ x, y })) },
        { tag: 'polygon', val: [] }, { tag: 'label', val: ['é🐢', 'dark-blue'] }, { tag: 'count', val: 0x1f422n },
        { tag: 'letter', val: '\u{10ffff}' },
    ];
    for (const shape of shapes) say('next', below.next(shape), below.area(shape));
    for (let round = 0; round < 3; round++) {
        shapes = below.nextAll(shapes);
        say('next all', shapes);
    }
    for (const o of [{ tag: 'none' }, { tag: 'some', val: undefined }, { tag: 'some', val: '' }, { tag: 'some', val: 'é' }]) {
        say('deeper', below.deeper(o));
    }
    attempt('convert', () => below.convert({ tag: 'ok', val: 2 ** 31 - 1 }));
    attempt('convert', () => below.convert({ tag: 'err', val: '🐢🐢' }));
    for (const rights of [undefined, {}, { read: true, runAll: true }, { write: true }]) {
        attempt('check', () => below.check(rights));
    }
}

function resources() {
    const ada = new below.Account('Ada', 1000n), zoe = new below.Account('Zoë 🐢', 5n);
    say('accounts', ada.owner(), ada.balance(), zoe.owner(), zoe.balance(), ada.deposit(2 ** 31 - 1));
    attempt('withdraw', () => ada.withdraw(7));
    attempt('withdraw', () => zoe.withdraw(1));
    attempt('transfer', () => ada.transfer(zoe, 500));
    attempt('transfer', () => zoe.transfer(ada, 501));
    attempt('transfer', () => ada.transfer(ada, 1));
    say('history', ada.history(), zoe.history());
    say('richest', below.richest([zoe, ada, zoe]), below.richest([]), below.richest([ada, ada]));
    say('accounts', below.accounts());

    const opened = below.open(['', 'b', 'ć']);
    for (const account of opened) say('opened', account.owner(), account.balance());
    say('close', below.close(opened.pop()));
    const merged = below.Account.merge([...opened, zoe]);
    say('merged', merged.owner(), merged.history(), below.Account.merge([]));
    merged[Symbol.dispose]();
    say('accounts', below.accounts());

    const { label, contents, price } = below.wrap({ label: 'straße', contents: ada, price: 2n ** 63n - 1n });
    say('wrapped', label, price, contents.owner(), contents.balance());
    const filled = below.wrap({ label: 'new', contents: undefined, price: 0n }).contents;
    say('filled', filled.owner(), filled.balance());
    try {
        below.pick(contents, filled, true);
    } catch ({ payload }) {
        say('picked as an error', payload.owner());
        payload[Symbol.dispose]();
    }
    const picked = below.pick(...below.open(['x', 'y']), false);
    say('picked', picked.owner());
    picked[Symbol.dispose]();
    say('accounts', below.accounts());
    for (let round = 0; round < 50; round++) {
        const account = new below.Account('again', BigInt(round));
        account.deposit(1);
        account[Symbol.dispose]();
    }
    say('accounts', below.accounts());
}

export const run = {
    run() {
        texts();
        numbers();
        compounds();
        resources();
    },
};

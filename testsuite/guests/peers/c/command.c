// The C command: asks the peer everything and prints what it answers. It is a reactor's, so that nobody
// writes out what is left in stdout's buffer but the function itself.

#include "names.h"

#include <inttypes.h>

static const char long_part[] = "ż🐢x";
enum { long_times = 20000, long_size = long_times * (sizeof long_part - 1) };

static uint32_t digest(const uint8_t *at, size_t count) {
    uint32_t hash = 0x811c9dc5;
    while (count--) hash = (hash ^ *at++) * 0x01000193;
    return hash;
}

// --- how values are written

static void say_text(text t) {
    if (t.len > 200) printf("%zu bytes, %08" PRIx32, t.len, digest(t.ptr, t.len));
    else putchar('"'), fwrite(t.ptr, 1, t.len, stdout), putchar('"');
}

static void say_texts(texts list) {
    putchar('[');
    for (size_t i = 0; i < list.len; i++) printf("%s", i ? ", " : ""), say_text(list.ptr[i]);
    putchar(']');
}

static void say_table(const char *what, table *rows) {
    table ret;
    ask(table)(rows, &ret);
    printf("%s", what);
    for (size_t i = 0; i < ret.len; i++) putchar(' '), say_texts(ret.ptr[i]);
    putchar('\n');
    guest_list_list_string_free(&ret);
}

static void say_point(point p) { printf("(%" PRId32 ", %.17g)", p.x, p.y); }

static void say_shape(const shape *s) {
    switch (s->tag) {
    case TEST_PEERS_KINDS_SHAPE_NOTHING: printf("nothing"); break;
    case TEST_PEERS_KINDS_SHAPE_CIRCLE: printf("circle %.17g", s->val.circle); break;
    case TEST_PEERS_KINDS_SHAPE_POLYGON:
        printf("polygon");
        for (size_t i = 0; i < s->val.polygon.len; i++) putchar(' '), say_point(s->val.polygon.ptr[i]);
        break;
    case TEST_PEERS_KINDS_SHAPE_LABEL:
        printf("label "), say_text(s->val.label.f0), printf(" of colour %d", s->val.label.f1);
        break;
    case TEST_PEERS_KINDS_SHAPE_COUNT: printf("count %" PRIu64, s->val.count); break;
    case TEST_PEERS_KINDS_SHAPE_LETTER: printf("letter %" PRIx32, s->val.letter); break;
    default: printf("shape %d", s->tag);
    }
}

static void say_mishap(mishap *m) {
    if (m->tag == TEST_PEERS_KINDS_MISHAP_REFUSED) printf("refused "), say_text(m->val.refused);
    else if (m->tag == TEST_PEERS_KINDS_MISHAP_OUTSIDE)
        printf("outside %" PRId64 " %" PRId64, m->val.outside.f0, m->val.outside.f1);
    else printf("mishap %d", m->tag);
    test_peers_kinds_mishap_free(m);
}

static void say_person(const person *p) {
    printf("person "), say_text(p->name), printf(" %u ", p->age), say_texts(p->tags);
    printf(" colour %u rights %u ", p->colour, p->rights);
    if (p->home.is_some) say_point(p->home.val);
}

static void say_accounts(void) {
    counts all;
    ask(accounts)(&all);
    for (size_t i = 0; i < all.len; i++)
        say_text(all.ptr[i].f0), printf(" made %u, destroyed %u; ", (unsigned)all.ptr[i].f1, (unsigned)all.ptr[i].f2);
    putchar('\n');
    guest_list_tuple3_string_u32_u32_free(&all);
}

// --- what is asked

static void ask_text(text s) {
    text ret;
    ask(text)(&s, &ret);
    printf("text "), say_text(ret), putchar('\n');
    guest_string_free(&ret);
}

static void ask_join(texts parts, uint32_t separator) {
    text ret;
    ask(join)(&parts, separator, &ret);
    printf("join "), say_text(ret), putchar('\n');
    guest_string_free(&ret);
}

static void ask_split(text s, uint32_t separator, bool count) {
    texts ret;
    ask(split)(&s, separator, &ret);
    printf("split %zu ", ret.len);
    if (!count) say_texts(ret);
    putchar('\n');
    guest_list_string_free(&ret);
}

static void ask_bytes(uint8_t *at, size_t count) {
    bytes b = {at, count}, ret;
    ask(bytes)(&b, &ret);
    printf("bytes %zu, %08" PRIx32 "\n", ret.len, digest(ret.ptr, ret.len));
    guest_list_u8_free(&ret);
}

static void all_texts(void) {
    text name, all;
    ask(name)(&name);
    printf("C asks "), say_text(name), putchar('\n');
    guest_string_free(&name);

    all = (text){memory(long_size, 1), long_size};
    for (int i = 0; i < long_times; i++) memcpy(all.ptr + i * (long_size / long_times), long_part, sizeof long_part - 1);
    ask_text(literal(""));
    ask_text(literal("plain"));
    ask_text(literal("Zażółć gęślą jaźń, naïve"));
    ask_text(literal("🐢🚀👩‍🔬 é"));
    ask_text((text){(uint8_t *)"\0nul\r\n\t\xf4\x8f\xbf\xbf\xef\xbf\xbf", 14});
    ask_text(all);
    ask_join(of(text, texts, literal("a"), literal(""), literal("ö"), literal("🐢")), 0x2192);
    ask_join((texts){NULL, 0}, 0x1f680);
    ask_split(literal("🐢, a,,b"), ',', false);
    ask_split(literal(""), 'x', false);
    ask_split(all, 0x1f422, true);
    free(all.ptr);

    texts full = of(text, texts, literal("a"), literal("bé"), literal("🐢"));
    texts empty = of(text, texts, literal(""));
    say_table("table", &of(texts, table, full, {NULL, 0}, empty));
    say_table("empty table", &(table){NULL, 0});

    uint8_t *many = memory(300000, 1);
    for (uint32_t i = 0; i < 300000; i++) many[i] = (uint8_t)(i * i >> 3);
    ask_bytes(many, 300000);
    ask_bytes(many, 5);
    ask_bytes(NULL, 0);
    free(many);
}

static void ask_transpose(matrix rows) {
    matrix ret;
    text err;
    printf("transpose");
    if (!ask(transpose)(&rows, &ret, &err)) {
        printf(" refused: "), say_text(err), putchar('\n');
        guest_string_free(&err);
        return;
    }
    for (size_t y = 0; y < ret.len; y++) {
        printf(" [");
        for (size_t x = 0; x < ret.ptr[y].len; x++) printf(" %.17g", ret.ptr[y].ptr[x]);
        printf(" ]");
    }
    putchar('\n');
    guest_list_list_f64_free(&ret);
}

static void say_scalars(const scalars *s) {
    printf("%d %u %d %u %d %" PRIu32 " %" PRId32 " %" PRIu64 " %" PRId64 " %.9g %.17g %" PRIx32 "\n", s->f0, s->f1, s->f2,
           s->f3, s->f4, s->f5, s->f6, s->f7, s->f8, (double)s->f9, s->f10, s->f11);
}

static void all_numbers(void) {
    guest_list_f64_t first = of(double, guest_list_f64_t, 1, 2.5, -0.0);
    guest_list_f64_t second = of(double, guest_list_f64_t, __builtin_inf(), 1e300, 5e-324);
    ask_transpose(of(guest_list_f64_t, matrix, first, second));
    ask_transpose(of(guest_list_f64_t, matrix, first, {NULL, 0}));
    ask_transpose((matrix){NULL, 0});

    scalars s;
    ask(scalars)(true, 255, -128, 65535, -32768, UINT32_MAX, INT32_MIN, UINT64_MAX, INT64_MIN, 0.1f, 0.1, 'q', &s);
    say_scalars(&s);
    ask(scalars)(false, 0, 127, 1, 2, 3, 4, 5, 6, 3.4028234e38f, 2.2250738585072014e-308, 0x1f422, &s);
    say_scalars(&s);

    text name = literal("first"), note = literal("a note 🐢"), last = literal("last"), ret;
    point at = {-1, 0.5};
    shape what = {.tag = TEST_PEERS_KINDS_SHAPE_LABEL, .val.label = {literal("naïve"), 1}};
    guest_list_u16_t numbers = of(uint16_t, guest_list_u16_t, 1, 65535);
    guest_tuple2_u64_f32_t pair = {UINT64_C(1) << 60, 0.25f};
    uint8_t rights = TEST_PEERS_KINDS_RIGHTS_READ | TEST_PEERS_KINDS_RIGHTS_RUN_ALL;
    ask(many)(&name, &at, &what, TEST_PEERS_KINDS_COLOUR_RED, rights, &note, &numbers, &pair, &last, &ret);
    printf("many "), say_text(ret), putchar('\n');
    guest_string_free(&ret);
    what.tag = TEST_PEERS_KINDS_SHAPE_NOTHING;
    ask(many)(&last, &at, &what, TEST_PEERS_KINDS_COLOUR_DARK_BLUE, 0, NULL, &numbers, &pair, &name, &ret);
    printf("many "), say_text(ret), putchar('\n');
    guest_string_free(&ret);
}

static void ask_older(person *who, uint8_t by) {
    person ret;
    mishap err;
    printf("older ");
    if (ask(older)(who, by, &ret, &err)) say_person(&ret), test_peers_kinds_person_free(&ret);
    else say_mishap(&err);
    putchar('\n');
}

static void ask_deeper(maybe_text *maybe) {
    maybe_text ret;
    bool some = ask(deeper)(maybe, &ret);
    printf("deeper ");
    if (!some) printf("none");
    else if (!ret.is_some) printf("some none");
    else printf("some some "), say_text(ret.val);
    putchar('\n');
    if (some) guest_option_string_free(&ret);
}

static void ask_convert(test_peers_peer_result_u32_string_t given) {
    text ret;
    uint32_t err;
    printf("convert ");
    if (ask(convert)(&given, &ret, &err)) say_text(ret), guest_string_free(&ret);
    else printf("err %" PRIu32, err);
    putchar('\n');
}

static void ask_check(uint8_t *rights) {
    mishap err;
    printf("check ");
    if (ask(check)(rights, &err)) printf("good");
    else say_mishap(&err);
    putchar('\n');
}

static void all_compounds(void) {
    person people[] = {
        {literal("Ada Lovelace"), 36, of(text, texts, literal("poet"), literal("🧮")), 2, 2, {true, {51, -0.12}}},
        {literal("Zoë"), 200, {NULL, 0}, 1, 0, {false, {0, 0}}},
        {literal(""), 7, of(text, texts, literal("")), 0, 7, {false, {0, 0}}},
    };
    for (int i = 0; i < 3; i++) ask_older(&people[i], 60);
    test_peers_peer_list_person_t by_age;
    ask(by_age)(&(test_peers_peer_list_person_t){people, 3}, &by_age);
    for (size_t i = 0; i < by_age.len; i++) printf("by-age "), say_person(&by_age.ptr[i]), putchar('\n');
    test_peers_peer_list_person_free(&by_age);

    point triangle[] = {{0, 0}, {4, 0}, {0, 3}};
    shape shapes[] = {
        {.tag = TEST_PEERS_KINDS_SHAPE_NOTHING},
        {.tag = TEST_PEERS_KINDS_SHAPE_CIRCLE, .val.circle = 2.5},
        {.tag = TEST_PEERS_KINDS_SHAPE_POLYGON, .val.polygon = {triangle, 3}},
        {.tag = TEST_PEERS_KINDS_SHAPE_POLYGON, .val.polygon = {NULL, 0}},
        {.tag = TEST_PEERS_KINDS_SHAPE_LABEL, .val.label = {literal("é🐢"), 2}},
        {.tag = TEST_PEERS_KINDS_SHAPE_COUNT, .val.count = 0x1f422},
        {.tag = TEST_PEERS_KINDS_SHAPE_LETTER, .val.letter = 0x10ffff},
    };
    test_peers_peer_list_shape_t all = {shapes, sizeof shapes / sizeof *shapes}, next;
    for (size_t i = 0; i < all.len; i++) {
        shape one;
        double area;
        ask(next)(&shapes[i], &one);
        printf("next "), say_shape(&one);
        test_peers_kinds_shape_free(&one);
        if (ask(area)(&shapes[i], &area)) printf(", area %.17g", area);
        putchar('\n');
    }
    for (int round = 0; round < 3; round++) {
        ask(next_all)(&all, &next);
        printf("next-all");
        for (size_t i = 0; i < next.len; i++) printf(" <"), say_shape(&next.ptr[i]), putchar('>');
        putchar('\n');
        if (round > 0) test_peers_peer_list_shape_free(&all);
        all = next;
    }
    test_peers_peer_list_shape_free(&all);

    ask_deeper(NULL);
    ask_deeper(&(maybe_text){.is_some = false});
    ask_deeper(&(maybe_text){true, literal("")});
    ask_deeper(&(maybe_text){true, literal("é")});
    ask_convert((test_peers_peer_result_u32_string_t){.is_err = false, .val.ok = UINT32_MAX});
    ask_convert((test_peers_peer_result_u32_string_t){.is_err = true, .val.err = literal("🐢🐢")});
    ask_check(NULL);
    for (uint8_t rights = 0; rights < 8; rights += 3) ask_check(&(uint8_t){rights});
}

// --- the resource

static own open_account(const char *owner, int64_t balance) {
    text name = literal(owner);
    return ask(constructor_account)(&name, balance);
}

static void say_account(const char *what, own a) {
    text owner;
    history list;
    ask(method_account_owner)(test_peers_peer_borrow_account(a), &owner);
    printf("%s ", what), say_text(owner);
    guest_string_free(&owner);
    printf(" %" PRId64, ask(method_account_balance)(test_peers_peer_borrow_account(a)));
    ask(method_account_history)(test_peers_peer_borrow_account(a), &list);
    for (size_t i = 0; i < list.len; i++) putchar(' '), say_text(list.ptr[i].f0), printf(" %" PRId64, list.ptr[i].f1);
    putchar('\n');
    guest_list_tuple2_string_s64_free(&list);
}

static void ask_transfer(own from, own to, uint32_t amount) {
    mishap err;
    printf("transfer ");
    if (ask(method_account_transfer)(test_peers_peer_borrow_account(from), test_peers_peer_borrow_account(to), amount, &err))
        printf("done");
    else say_mishap(&err);
    putchar('\n');
}

static void ask_withdraw(own a, uint32_t amount) {
    int64_t balance;
    mishap err;
    printf("withdraw ");
    if (ask(method_account_withdraw)(test_peers_peer_borrow_account(a), amount, &balance, &err)) printf("%" PRId64, balance);
    else say_mishap(&err);
    putchar('\n');
}

static void ask_richest(borrows all) {
    uint32_t at;
    if (ask(richest)(&all, &at)) printf("richest %" PRIu32 "\n", at);
    else printf("none is richest\n");
}

static void all_resources(void) {
    own ada = open_account("Ada", 1000), zoe = open_account("Zoë 🐢", -5);
    borrow a = test_peers_peer_borrow_account(ada), z = test_peers_peer_borrow_account(zoe);
    printf("deposit %" PRId64 "\n", ask(method_account_deposit)(a, UINT32_MAX));
    ask_withdraw(ada, 7);
    ask_withdraw(zoe, 1);
    ask_transfer(ada, zoe, 500);
    ask_transfer(zoe, ada, 501);
    ask_transfer(ada, ada, 1);
    say_account("Ada", ada);
    say_account("Zoë", zoe);
    ask_richest(of(borrow, borrows, z, a, z));
    ask_richest((borrows){NULL, 0});
    say_accounts();

    owns opened;
    texts names = of(text, texts, literal(""), literal("b"), literal("ć"));
    ask(open)(&names, &opened);
    for (size_t i = 0; i < opened.len; i++) say_account("opened", opened.ptr[i]);
    printf("close %" PRId64 "\n", ask(close)(opened.ptr[2]));
    opened.ptr[2] = zoe;
    own merged;
    if (ask(static_account_merge)(&opened, &merged)) {
        say_account("merged", merged);
        ask(account_drop_own)(merged);
    }
    free(opened.ptr);
    printf("merged to one: %d\n", ask(static_account_merge)(&(owns){NULL, 0}, &merged));
    say_accounts();

    parcel given = {literal("straße"), {true, ada}, UINT64_MAX >> 1}, wrapped;
    ask(wrap)(&given, &wrapped);
    say_text(wrapped.label), printf(" %" PRIu64 "\n", wrapped.price);
    guest_string_free(&wrapped.label);
    parcel empty = {literal("new"), {false, {0}}, 0}, filled;
    ask(wrap)(&empty, &filled);
    guest_string_free(&filled.label);
    say_account("wrapped", wrapped.contents.val);
    say_account("made", filled.contents.val);
    own first, other;
    bool good = ask(pick)(wrapped.contents.val, filled.contents.val, true, &first, &other);
    say_account(good ? "first" : "other", good ? first : other);
    own picked = good ? first : other;
    good = ask(pick)(picked, open_account("new", 0), false, &first, &other);
    say_account(good ? "first" : "other", good ? first : other);
    ask(account_drop_own)(good ? first : other);
    say_accounts();
    for (int i = 0; i < 50; i++) {
        own again = open_account("again", i);
        ask(method_account_deposit)(test_peers_peer_borrow_account(again), 1);
        ask(account_drop_own)(again);
    }
    say_accounts();
}

bool exports_wasi_cli_run_run(void) {
    all_texts();
    all_numbers();
    all_compounds();
    all_resources();
    return fflush(stdout) == 0;
}

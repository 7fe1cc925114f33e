// The C relay: every function changes what it was given, asks the peer below, and changes what that answers.
// An argument is the callee's, to be freed; a result is freed by the bindings, after it has been copied.

#include "names.h"

// --- texts

static text concat(const char *before, text middle, const char *after) {
    size_t b = strlen(before), a = strlen(after);
    text t = {memory(b + middle.len + a, 1), b + middle.len + a};
    memcpy(t.ptr, before, b);
    if (middle.len) memcpy(t.ptr + b, middle.ptr, middle.len);
    memcpy(t.ptr + b + middle.len, after, a);
    return t;
}

// The same, in place.
static void around(const char *before, text *middle, const char *after) {
    text t = concat(before, *middle, after);
    guest_string_free(middle);
    *middle = t;
}

static void append(texts *list, text last) {
    text *longer = memory(list->len + 1, sizeof *longer);
    if (list->len) memcpy(longer, list->ptr, list->len * sizeof *longer);
    longer[list->len] = last;
    if (list->len) free(list->ptr);
    list->ptr = longer;
    list->len++;
}

static text duplicate(const char *s) {
    text t;
    guest_string_dup(&t, s);
    return t;
}

static text decimal(size_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", number);
    return duplicate(digits);
}

// What a reactor's start-up code does before anybody calls: the constructors, once.
static char *language;
static uint32_t constructed;
__attribute__((constructor)) static void construct(void) {
    language = memory(8, 1);
    strcpy(language, "C");
    constructed++;
}

void answer(name)(text *ret) {
    if (constructed != 1) abort();
    ask(name)(ret);
    around(" over ", ret, "");
    around(language, ret, "");
}

void answer(text)(text *s, text *ret) {
    around("", s, "č");
    ask(text)(s, ret);
    around("‹", ret, "›");
    guest_string_free(s);
}

void answer(join)(texts *parts, uint32_t separator, text *ret) {
    for (size_t i = 0; i < parts->len / 2; i++) {
        text swapped = parts->ptr[i];
        parts->ptr[i] = parts->ptr[parts->len - 1 - i];
        parts->ptr[parts->len - 1 - i] = swapped;
    }
    ask(join)(parts, separator, ret);
    guest_list_string_free(parts);
}

void answer(split)(text *s, uint32_t separator, texts *ret) {
    ask(split)(s, separator, ret);
    append(ret, decimal(ret->len));
    guest_string_free(s);
}

void answer(table)(table *rows, table *ret) {
    for (size_t i = 0; i < rows->len; i++) append(&rows->ptr[i], decimal(i));
    ask(table)(rows, ret);
    guest_list_list_string_free(rows);
}

void answer(bytes)(bytes *b, bytes *ret) {
    for (size_t i = 0; i < b->len; i++) b->ptr[i] ^= 0x55;
    ask(bytes)(b, ret);
    guest_list_u8_free(b);
}

// --- numbers

bool answer(transpose)(matrix *rows, matrix *ret, text *err) {
    for (size_t y = 0; y < rows->len; y++)
        for (size_t x = 0; x < rows->ptr[y].len; x++) rows->ptr[y].ptr[x] *= 2;
    bool good = ask(transpose)(rows, ret, err);
    if (!good) around("C: ", err, "");
    guest_list_list_f64_free(rows);
    return good;
}

void answer(scalars)(bool a, uint8_t b, int8_t c, uint16_t d, int16_t e, uint32_t f, int32_t g, uint64_t h,
                     int64_t i, float j, double k, uint32_t l, scalars *ret) {
    ask(scalars)(!a, b ^ 1, c ^ 1, d ^ 1, e ^ 1, f ^ 1, g ^ 1, h ^ 1, i ^ 1, j / 2, k / 2, l, ret);
    ret->f11 = ret->f11 == 'Q' ? 0xe9 : ret->f11;
}

void answer(many)(text *name, point *at, shape *what, uint8_t colour, uint8_t rights, text *maybe_note,
                  guest_list_u16_t *numbers, guest_tuple2_u64_f32_t *pair, text *last, text *ret) {
    around("C:", name, "");
    at->x ^= 1;
    for (size_t i = 0; i < numbers->len; i++) numbers->ptr[i]++;
    pair->f0++;
    ask(many)(name, at, what, (colour + 1) % 3, rights ^ TEST_PEERS_KINDS_RIGHTS_READ, maybe_note, numbers, pair,
              last, ret);
    guest_string_free(name);
    test_peers_kinds_shape_free(what);
    if (maybe_note) guest_string_free(maybe_note);
    guest_list_u16_free(numbers);
    guest_string_free(last);
}

// --- records and variants

bool answer(older)(person *who, uint8_t by, person *ret, mishap *err) {
    append(&who->tags, duplicate("C"));
    if (!who->home.is_some) who->home.val = (point){7, 7.5};
    who->home.is_some = !who->home.is_some;
    bool good = ask(older)(who, by, ret, err);
    if (!good && err->tag == TEST_PEERS_KINDS_MISHAP_REFUSED) around("C: ", &err->val.refused, "");
    if (!good && err->tag == TEST_PEERS_KINDS_MISHAP_OUTSIDE) err->val.outside.f0 = -err->val.outside.f0;
    test_peers_kinds_person_free(who);
    return good;
}

void answer(by_age)(answer(list_person_t) *people, answer(list_person_t) *ret) {
    test_peers_peer_list_person_t *of_below = (void *)people;
    for (size_t i = 0; i < people->len; i++) people->ptr[i].age ^= 0xff;
    ask(by_age)(of_below, (void *)ret);
    test_peers_peer_list_person_free(of_below);
}

void answer(next)(shape *s, shape *ret) {
    shape between;
    ask(next)(s, &between);
    ask(next)(&between, ret);
    test_peers_kinds_shape_free(&between);
    test_peers_kinds_shape_free(s);
}

void answer(next_all)(answer(list_shape_t) *all, answer(list_shape_t) *ret) {
    ask(next_all)((void *)all, (void *)ret);
    for (size_t i = 0; i < ret->len / 2; i++) {
        shape swapped = ret->ptr[i];
        ret->ptr[i] = ret->ptr[ret->len - 1 - i];
        ret->ptr[ret->len - 1 - i] = swapped;
    }
    exports_test_peers_peer_list_shape_free(all);
}

bool answer(area)(shape *s, double *ret) {
    bool some = ask(area)(s, ret);
    if (some) *ret = -*ret;
    test_peers_kinds_shape_free(s);
    return some;
}

bool answer(deeper)(maybe_text *maybe_o, maybe_text *ret) {
    maybe_text between;
    bool first = ask(deeper)(maybe_o, &between);
    bool second = ask(deeper)(first ? &between : NULL, ret);
    if (first) guest_option_string_free(&between);
    if (maybe_o) guest_option_string_free(maybe_o);
    return second;
}

bool answer(convert)(answer(result_u32_string_t) *r, text *ret, uint32_t *err) {
    if (!r->is_err) r->val.ok /= 2;
    bool good = ask(convert)((void *)r, ret, err);
    if (good) around("", ret, " halves");
    else *err += 1000;
    exports_test_peers_peer_result_u32_string_free(r);
    return good;
}

bool answer(check)(uint8_t *maybe_r, mishap *err) {
    if (maybe_r) *maybe_r ^= TEST_PEERS_KINDS_RIGHTS_RUN_ALL;
    return ask(check)(maybe_r, err);
}

// --- the resource: an account of the peer's, and how often it was asked for something

struct exports_test_peers_peer_account_t {
    own below;
    bool taken; // out of here, to be given away
    uint32_t calls;
};
typedef answer(account_t) account;
typedef answer(own_account_t) answered;

static uint32_t made, destroyed;

static answered wrapped(own below) {
    account *a = memory(1, sizeof *a);
    a->below = below;
    made++;
    return answer(account_new)(a);
}

void answer(account_destructor)(account *a) {
    destroyed++;
    if (!a->taken) ask(account_drop_own)(a->below);
    free(a);
}

// Takes the account below out; the one around it is destroyed.
static own unwrapped(answered handle) {
    account *a = answer(account_rep)(handle);
    own below = a->below;
    a->taken = true;
    answer(account_drop_own)(handle);
    return below;
}

static borrow used(account *a) {
    a->calls++;
    return test_peers_peer_borrow_account(a->below);
}

answered answer(constructor_account)(text *owner, int64_t balance) {
    around("", owner, "ˢ");
    answered a = wrapped(ask(constructor_account)(owner, balance));
    guest_string_free(owner);
    return a;
}

void answer(method_account_owner)(account *a, text *ret) {
    ask(method_account_owner)(used(a), ret);
    char calls[24];
    snprintf(calls, sizeof calls, " %u", (unsigned)a->calls);
    around("", ret, calls);
}

int64_t answer(method_account_balance)(account *a) { return ask(method_account_balance)(used(a)); }

int64_t answer(method_account_deposit)(account *a, uint32_t amount) {
    ask(method_account_deposit)(used(a), amount / 2);
    return ask(method_account_deposit)(used(a), amount - amount / 2);
}

bool answer(method_account_withdraw)(account *a, uint32_t amount, int64_t *ret, mishap *err) {
    return ask(method_account_withdraw)(used(a), amount, ret, err);
}

void answer(method_account_history)(account *a, history *ret) {
    history below;
    ask(method_account_history)(used(a), &below);
    ret->len = below.len + 1;
    ret->ptr = memory(ret->len, sizeof *ret->ptr);
    memcpy(ret->ptr, below.ptr, below.len * sizeof *ret->ptr);
    ret->ptr[below.len].f0 = duplicate("asked in C");
    ret->ptr[below.len].f1 = a->calls;
    free(below.ptr);
}

bool answer(method_account_transfer)(account *a, account *to, uint32_t amount, mishap *err) {
    return ask(method_account_transfer)(used(a), used(to), amount, err);
}

bool answer(static_account_merge)(answer(list_own_account_t) *all, answered *ret) {
    owns below = {memory(all->len, sizeof(own)), all->len};
    for (size_t i = 0; i < all->len; i++) below.ptr[i] = unwrapped(all->ptr[i]);
    own merged;
    bool some = ask(static_account_merge)(&below, &merged);
    if (some) *ret = wrapped(merged);
    free(below.ptr);
    if (all->len) free(all->ptr);
    return some;
}

bool answer(richest)(answer(list_borrow_account_t) *all, uint32_t *ret) {
    borrows below = {memory(all->len, sizeof(borrow)), all->len};
    for (size_t i = 0; i < all->len; i++) below.ptr[i] = used(all->ptr[i]);
    bool some = ask(richest)(&below, ret);
    free(below.ptr);
    if (all->len) free(all->ptr);
    return some;
}

void answer(open)(texts *owners, answer(list_own_account_t) *ret) {
    owns below;
    ask(open)(owners, &below);
    ret->len = below.len;
    ret->ptr = memory(below.len, sizeof *ret->ptr);
    for (size_t i = 0; i < below.len; i++) ret->ptr[i] = wrapped(below.ptr[i]);
    if (below.len) free(below.ptr);
    guest_list_string_free(owners);
}

int64_t answer(close)(answered a) { return ask(close)(unwrapped(a)) + 1; }

void answer(wrap)(answer(parcel_t) *p, answer(parcel_t) *ret) {
    parcel below = {.label = p->label, .price = p->price / 2}, wrapping;
    below.contents.is_some = p->contents.is_some;
    if (p->contents.is_some) below.contents.val = unwrapped(p->contents.val);
    ask(wrap)(&below, &wrapping);
    ret->label = wrapping.label;
    ret->price = wrapping.price;
    ret->contents.is_some = wrapping.contents.is_some;
    if (wrapping.contents.is_some) ret->contents.val = wrapped(wrapping.contents.val);
    guest_string_free(&p->label);
}

bool answer(pick)(answered a, answered b, bool second, answered *ret, answered *err) {
    own first, other;
    bool good = ask(pick)(unwrapped(a), unwrapped(b), !second, &first, &other);
    *(good ? ret : err) = wrapped(good ? first : other);
    return good;
}

void answer(accounts)(counts *ret) {
    counts below;
    ask(accounts)(&below);
    ret->len = below.len + 1;
    ret->ptr = memory(ret->len, sizeof *ret->ptr);
    ret->ptr[0].f0 = duplicate("C");
    ret->ptr[0].f1 = made;
    ret->ptr[0].f2 = destroyed;
    memcpy(ret->ptr + 1, below.ptr, below.len * sizeof *ret->ptr);
    free(below.ptr);
}

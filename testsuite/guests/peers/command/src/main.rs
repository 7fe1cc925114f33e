//! Asks the peer everything and prints what it answers.

wit_bindgen::generate!({ path: "../wit", world: "command" });

use test::peers::peer::*;

/// A text that is too long to be printed: its length and a digest.
fn brief(text: &str) -> String {
    if text.len() <= 200 {
        return format!("{text:?}");
    }
    format!("{} bytes, {:#010x}", text.len(), digest(text.as_bytes()))
}

fn digest(bytes: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, step)
}

fn strings<const N: usize>(all: [&str; N]) -> Vec<String> {
    all.map(str::to_owned).to_vec()
}

fn texts() {
    let long = "ż🐢x".repeat(20_000);
    for s in ["", "plain", "Zażółć gęślą jaźń, naïve", "latin é", "🐢🚀👩‍🔬 e\u{301}", "\0nul\r\n\t\u{10ffff}\u{ffff}", &long] {
        println!("text {}", brief(&text(s)));
    }
    println!("join {:?}", join(&strings(["a", "", "ö", "🐢"]), '→'));
    println!("join {:?}", join(&[], '🚀'));
    println!("split {:?}", split("🐢, a,,b", ','));
    println!("split {:?}", split("", 'x'));
    println!("split {}", split(&long, '🐢').len());
    println!("table {:?}", table(&[strings(["a", "bé", "🐢"]), vec![], strings([""])]));
    println!("table {:?}", table(&[]));
    let rows: Vec<Vec<String>> = (0..60).map(|y| (0..y).map(|x| format!("{x}·{y}")).collect()).collect();
    println!("table {}", brief(&format!("{:?}", table(&rows))));
    println!("bytes {:?}", bytes(&[1, 2, 255, 0, 128]));
    println!("bytes {:?}", bytes(&[]));
    let many: Vec<u8> = (0..300_000u32).map(|i| (i * i >> 3) as u8).collect();
    println!("bytes {:#010x}", digest(&bytes(&many)));
}

fn numbers() {
    println!("transpose {:?}", transpose(&[vec![1.0, 2.5, -0.0], vec![f64::INFINITY, 1e300, 5e-324]]));
    println!("transpose {:?}", transpose(&[]));
    println!("transpose {:?}", transpose(&[vec![1.0], vec![]]));
    println!("{:?}", scalars(true, 255, -128, 65535, -32768, u32::MAX, i32::MIN, u64::MAX, i64::MIN, 0.1, 0.1, 'q'));
    println!("{:?}", scalars(false, 0, 127, 1, 2, 3, 4, 5, 6, f32::MAX, f64::MIN_POSITIVE, '🐢'));
    let shape = Shape::Label(("naïve".to_owned(), Colour::Green));
    let first = many(
        "first", Point { x: -1, y: 0.5 }, &shape, Colour::Red, Rights::READ | Rights::RUN_ALL,
        Some("a note 🐢"), &[1, 65535], (1 << 60, 0.25), "last",
    );
    println!("many {first:?}");
    let second = many(
        "", Point { x: i32::MAX, y: -0.0 }, &Shape::Nothing, Colour::DarkBlue, Rights::empty(), None, &[],
        (0, f32::MIN_POSITIVE), "",
    );
    println!("many {second:?}");
}

fn compounds() {
    let person = |name: &str, age, tags: Vec<String>, home| Person {
        name: name.to_owned(), age, tags, colour: Colour::DarkBlue, rights: Rights::WRITE, home,
    };
    let ada = person("Ada Lovelace", 36, strings(["poet", "🧮"]), Some(Point { x: 51, y: -0.12 }));
    let people = [ada, person("Zoë", 200, vec![], None), person("", 7, strings([""]), None)];
    for who in &people {
        println!("older {:?}", older(who, 60));
    }
    println!("by-age {:?}", by_age(&people));
    println!("by-age {:?}", by_age(&[]));

    let triangle = [(0, 0.0), (4, 0.0), (0, 3.0)].map(|(x, y)| Point { x, y }).to_vec();
    let mut shapes = vec![
        Shape::Nothing, Shape::Circle(2.5), Shape::Polygon(triangle), Shape::Polygon(vec![]),
        Shape::Label(("é🐢".to_owned(), Colour::DarkBlue)), Shape::Count(0x1f422), Shape::Letter('\u{10ffff}'),
    ];
    for shape in &shapes {
        println!("next {:?}, area {:?}", next(shape), area(shape));
    }
    for _ in 0..3 {
        shapes = next_all(&shapes);
        println!("next-all {shapes:?}");
    }
    for o in [None, Some(None), Some(Some("")), Some(Some("é"))] {
        println!("deeper {:?}", deeper(o));
    }
    println!("convert {:?} {:?} {:?}", convert(Ok(u32::MAX)), convert(Err("🐢🐢")), convert(Err("")));
    println!("check {:?}", check(None));
    for rights in [Rights::empty(), Rights::READ | Rights::RUN_ALL, Rights::all()] {
        println!("check {:?}", check(Some(rights)));
    }
}

fn resources() {
    // They come first because componentize-js 0.23 takes an account's handle, when one is given to it, for another
    // account's number, and loses that if there is one: after these, numbers are greater than any handle.
    println!("{:?}", accounts());
    for round in 0..50 {
        let account = Account::new("again", round);
        account.deposit(1);
    }
    println!("{:?}", accounts());
    let ada = Account::new("Ada", 1000);
    let zoe = Account::new("Zoë 🐢", -5);
    println!("{:?} {} {:?} {}", ada.owner(), ada.balance(), zoe.owner(), zoe.balance());
    println!("{} {:?} {:?}", ada.deposit(u32::MAX), ada.withdraw(7), zoe.withdraw(1));
    println!("{:?} {:?} {:?}", ada.transfer(&zoe, 500), zoe.transfer(&ada, 501), ada.transfer(&ada, 1));
    println!("{:?}\n{:?}", ada.history(), zoe.history());
    println!("richest {:?} {:?} {:?}", richest(&[&zoe, &ada, &zoe]), richest(&[]), richest(&[&ada, &ada]));
    println!("{:?}", accounts());

    let mut opened = open(&strings(["", "b", "ć"]));
    for account in &opened {
        println!("opened {:?} {}", account.owner(), account.balance());
    }
    println!("richest {:?}", richest(&opened.iter().collect::<Vec<_>>()));
    if let Some(last) = opened.pop() {
        println!("close {}", close(last));
    }
    opened.push(zoe);
    match Account::merge(opened) {
        Some(merged) => println!("merged {:?} {:?}", merged.owner(), merged.history()),
        None => println!("merged to nothing"),
    }
    println!("merge {:?}", Account::merge(Vec::new()).is_none());
    println!("{:?}", accounts());

    let parcel = wrap(Parcel { label: "straße".to_owned(), contents: Some(ada), price: u64::MAX >> 1 });
    println!("{:?} {}", parcel.label, parcel.price);
    let ada = parcel.contents;
    let made = wrap(Parcel { label: "new".to_owned(), contents: None, price: 0 }).contents;
    if let (Some(ada), Some(made)) = (ada, made) {
        println!("{:?} {}, {:?} {}", ada.owner(), ada.balance(), made.owner(), made.balance());
        match pick(ada, made, true) {
            Ok(account) => println!("first {:?}", account.owner()),
            Err(account) => println!("second {:?}", account.owner()),
        }
    }
    let some = open(&strings(["x", "y"]));
    let mut some = some.into_iter();
    if let (Some(x), Some(y)) = (some.next(), some.next()) {
        match pick(x, y, false) {
            Ok(account) => println!("first {:?}", account.owner()),
            Err(account) => println!("second {:?}", account.owner()),
        }
    }
    println!("{:?}", accounts());
}

fn main() {
    println!("{}", name());
    texts();
    numbers();
    compounds();
    resources();
}

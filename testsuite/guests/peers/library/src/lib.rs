//! The peer below all others: it answers by itself, and changes every value on its way, so that one that was
//! only passed on, or is another's, is seen.

wit_bindgen::generate!({ path: "../wit", world: "library" });

mod account;

use account::Account;
use exports::test::peers::peer::{
    self, AccountBorrow, Colour, Mishap, Parcel, Person, Point, Rights, Shape,
};

struct Library;

fn next_colour(colour: Colour) -> Colour {
    match colour {
        Colour::Red => Colour::Green,
        Colour::Green => Colour::DarkBlue,
        Colour::DarkBlue => Colour::Red,
    }
}

impl peer::Guest for Library {
    type Account = Account;

    fn name() -> String {
        "Rust".to_owned()
    }

    fn text(s: String) -> String {
        s.chars().rev().collect()
    }

    fn join(parts: Vec<String>, separator: char) -> String {
        parts.join(separator.encode_utf8(&mut [0; 4]))
    }

    fn split(s: String, separator: char) -> Vec<String> {
        s.split(separator).map(str::to_owned).collect()
    }

    fn table(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
        for row in &mut rows {
            row.reverse();
        }
        rows
    }

    fn bytes(b: Vec<u8>) -> Vec<u8> {
        let mut last = 0u8;
        let sums = b.into_iter().map(|byte| {
            last = last.wrapping_add(byte);
            last
        });
        sums.collect()
    }

    fn transpose(rows: Vec<Vec<f64>>) -> Result<Vec<Vec<f64>>, String> {
        let width = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().find(|row| row.len() != width) {
            return Err(format!("{} numbers in a row, and {width} in the first", row.len()));
        }
        Ok((0..width).map(|column| rows.iter().map(|row| row[column]).collect()).collect())
    }

    fn scalars(
        a: bool,
        b: u8,
        c: i8,
        d: u16,
        e: i16,
        f: u32,
        g: i32,
        h: u64,
        i: i64,
        j: f32,
        k: f64,
        l: char,
    ) -> (bool, u8, i8, u16, i16, u32, i32, u64, i64, f32, f64, char) {
        (!a, !b, !c, !d, !e, !f, !g, !h, !i, -j, -k, l.to_ascii_uppercase())
    }

    fn many(
        name: String,
        point: Point,
        shape: Shape,
        colour: Colour,
        rights: Rights,
        note: Option<String>,
        numbers: Vec<u16>,
        pair: (u64, f32),
        last: String,
    ) -> String {
        format!("{name} {point:?} {shape:?} {colour:?} {rights:?} {note:?} {numbers:?} {pair:?} {last}")
    }

    fn older(mut who: Person, by: u8) -> Result<Person, Mishap> {
        match who.age.checked_add(by) {
            Some(_) if who.name.is_empty() => Err(Mishap::Refused("nobody".to_owned())),
            Some(age) => {
                who.age = age;
                who.tags.push(format!("+{by}"));
                who.rights ^= Rights::all();
                who.colour = next_colour(who.colour);
                Ok(who)
            }
            None => Err(Mishap::Outside((who.age.into(), by.into()))),
        }
    }

    fn by_age(mut people: Vec<Person>) -> Vec<Person> {
        people.sort_by_key(|person| person.age);
        people
    }

    fn next(s: Shape) -> Shape {
        match s {
            Shape::Nothing => Shape::Circle(0.5),
            Shape::Circle(radius) => Shape::Polygon(vec![Point { x: radius as i32, y: radius }]),
            Shape::Polygon(points) => Shape::Label((format!("{} corners", points.len()), Colour::Green)),
            Shape::Label((text, colour)) => Shape::Count(text.len() as u64 * 1_000_000_007 + colour as u64),
            Shape::Count(count) => Shape::Letter(char::from_u32(count as u32).unwrap_or('?')),
            Shape::Letter(_) => Shape::Nothing,
        }
    }

    fn next_all(all: Vec<Shape>) -> Vec<Shape> {
        all.into_iter().map(Library::next).collect()
    }

    fn area(s: Shape) -> Option<f64> {
        match s {
            Shape::Circle(radius) => Some(3.0 * radius * radius),
            Shape::Polygon(points) => {
                let next = points.iter().cycle().skip(1);
                let doubled = points.iter().zip(next).map(|(a, b)| f64::from(a.x) * b.y - f64::from(b.x) * a.y);
                Some(doubled.sum::<f64>() / 2.0)
            }
            _ => None,
        }
    }

    fn deeper(o: Option<Option<String>>) -> Option<Option<String>> {
        match o {
            None => Some(None),
            Some(None) => Some(Some(String::new())),
            Some(Some(text)) if text.is_empty() => None,
            Some(Some(text)) => Some(Some(text + "!")),
        }
    }

    fn convert(r: Result<u32, String>) -> Result<String, u32> {
        match r {
            Ok(number) => Ok(number.to_string()),
            Err(text) => Err(text.len() as u32),
        }
    }

    fn check(r: Option<Rights>) -> Result<(), Mishap> {
        match r {
            None => Err(Mishap::Other),
            Some(rights) if rights.contains(Rights::WRITE) => Err(Mishap::Refused(format!("{rights:?}"))),
            Some(_) => Ok(()),
        }
    }

    fn richest(all: Vec<AccountBorrow<'_>>) -> Option<u32> {
        let balance = |at: &u32| all[*at as usize].get::<Account>().balance();
        (0..all.len() as u32).max_by_key(balance)
    }

    fn open(owners: Vec<String>) -> Vec<peer::Account> {
        let open = |(at, owner)| peer::Account::new(Account::open(owner, at as i64 * 100));
        owners.into_iter().enumerate().map(open).collect()
    }

    fn close(a: peer::Account) -> i64 {
        a.get::<Account>().balance()
    }

    fn wrap(p: Parcel) -> Parcel {
        let contents = p.contents.or_else(|| {
            Some(peer::Account::new(Account::open(p.label.clone(), 1)))
        });
        Parcel { label: p.label.to_uppercase(), contents, price: p.price + (1 << 33) }
    }

    fn pick(a: peer::Account, b: peer::Account, second: bool) -> Result<peer::Account, peer::Account> {
        if second { Err(b) } else { Ok(a) }
    }

    fn accounts() -> Vec<(String, u32, u32)> {
        let (made, destroyed) = account::numbers();
        vec![(Library::name(), made, destroyed)]
    }
}

export!(Library);

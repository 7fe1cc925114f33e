//! Passes values of every type to the other component and prints what comes back. The first argument
//! is how many rounds, the second the seed of the values.

mod make;

wit_bindgen::generate!({ path: "../wit", world: "prober-world" });

use make::{Make, Random};
use test::values::mirror::*;

/// Prints a large list as its length and a digest, a small one as it is.
fn brief(bytes: &[u8]) -> String {
    if bytes.len() <= 40 {
        return format!("{bytes:?}");
    }
    let digest = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    format!("{} bytes, {digest:#010x}", bytes.len())
}

fn round(r: &mut Random) {
    macro_rules! make {
        () => {
            Make::make(r)
        };
    }

    println!(
        "{:?}",
        scalars(
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
            make!(),
        )
    );

    println!("{:?}", text(&String::make(r)));
    println!("{:?}", texts(&Vec::<String>::make(r)));
    println!("{}", brief(&bytes(&Vec::<u8>::make(r))));
    let length = r.below(200_000);
    println!("{:?}", sum(&vec![length as u8; length as usize]));
    println!("{}", brief(&count_up(r.below(200_000))));

    println!("{:?}", bools(&Vec::<bool>::make(r)));
    println!("{:?}", shorts(&Vec::<i16>::make(r)));
    println!("{:?}", words(&Vec::<u32>::make(r)));
    println!("{:?}", longs(&Vec::<i64>::make(r)));
    println!("{:?}", floats(&Vec::<f32>::make(r)));
    println!("{:?}", doubles(&Vec::<f64>::make(r)));
    println!("{:?}", chars(&Vec::<char>::make(r)));
    println!("{:?}", nested(&Vec::<Vec<Vec<u16>>>::make(r)));

    println!("{:?}", fill(make!()));
    println!("{:?}", fill_all(&Vec::<Holes>::make(r)));
    println!("{:?}", flip(&Vec::<Point>::make(r)));
    println!("{:?}", age(&Person::make(r)));
    println!("{:?}", age_all(&Vec::<Person>::make(r)));

    println!("{:?}", next(&Shape::make(r)));
    println!("{:?}", next_all(&Vec::<Shape>::make(r)));
    println!("{:?}", convert(make!(), make!(), make!()));
    println!("{:?}", convert_all(&Vec::<(Narrow, Wide, Widest)>::make(r)));
    println!("{:?}", turn(make!()));
    println!("{:?}", turn_all(&Vec::<Color>::make(r)));
    println!(
        "{:?}",
        complement(make!(), make!(), make!(), make!(), make!())
    );
    println!(
        "{:?}",
        complement_all(&Vec::<(Flags1, Flags9, Flags17, Flags32, Flags8)>::make(r))
    );

    println!("{:?}", options(make!()));
    println!("{:?}", option_text(Option::<String>::make(r).as_deref()));
    println!("{:?}", result_none(make!()));
    println!("{:?}", result_ok(make!()));
    println!(
        "{:?}",
        result_err(
            Result::<(), String>::make(r)
                .as_ref()
                .map(|_| ())
                .map_err(String::as_str)
        )
    );
    println!(
        "{:?}",
        result_both(
            Result::<f32, String>::make(r)
                .as_ref()
                .map(|x| *x)
                .map_err(String::as_str)
        )
    );
    println!("{:?}", result_deep(make!()));
    let last = String::make(r);
    println!(
        "{:?}",
        tuples((make!(), (make!(), (make!(), &last)), (make!(),)))
    );

    let t: [String; 6] = std::array::from_fn(|_| make!());
    println!(
        "{}",
        sixteen(
            &t[0],
            &t[1],
            &t[2],
            &t[3],
            &t[4],
            &t[5],
            make!(),
            make!(),
            make!(),
            make!()
        )
    );
    println!(
        "{}",
        seventeen(
            &t[0],
            &t[1],
            &t[2],
            &t[3],
            &t[4],
            &t[5],
            make!(),
            make!(),
            make!(),
            make!(),
            make!()
        )
    );
    println!(
        "{}",
        many(
            &Shape::make(r),
            &Person::make(r),
            make!(),
            &Vec::<Point>::make(r),
            make!(),
            Option::<String>::make(r).as_deref(),
            make!(),
            make!(),
        )
    );

    nothing();
    println!("{}", times());
}

fn main() -> Result<(), std::num::ParseIntError> {
    let mut arguments = std::env::args().skip(1);
    let rounds: u32 = arguments.next().as_deref().unwrap_or("3").parse()?;
    let mut random = Random(arguments.next().as_deref().unwrap_or("1").parse()?);
    for _ in 0..rounds {
        round(&mut random);
    }
    Ok(())
}

//! Binary PPM, one picture with 8 bits a sample: "P6", width, height and 255 as decimal numbers
//! between whitespace and comments, one whitespace character, then the pixels.

/// A picture of at least one pixel.
pub struct Picture<'a> {
    pub width: usize,
    pub height: usize,
    /// Row by row; red, green, blue.
    pub pixels: &'a [[u8; 3]],
}

/// The picture in `data`; nothing if that isn't a binary PPM, or is cut short.
pub fn parse(data: &[u8]) -> Option<Picture<'_>> {
    let mut rest = data.strip_prefix(b"P6")?;
    let [width, height, maximum] = [(); 3].map(|()| number(&mut rest));
    let (width, height) = (width?, height?);
    let (samples, []) = rest.get(1..)?.as_chunks::<3>() else {
        return None;
    };
    let pixels = samples.get(..width.checked_mul(height)?)?;
    (maximum? == 255 && !pixels.is_empty()).then_some(Picture {
        width,
        height,
        pixels,
    })
}

/// Takes a number, and the whitespace and comments before it, from the front of `rest`.
fn number(rest: &mut &[u8]) -> Option<usize> {
    loop {
        match rest.first()? {
            b'#' => *rest = &rest[rest.iter().position(|&byte| byte == b'\n')?..],
            byte if byte.is_ascii_whitespace() => *rest = &rest[1..],
            _ => break,
        }
    }
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, after) = rest.split_at(end);
    *rest = after;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

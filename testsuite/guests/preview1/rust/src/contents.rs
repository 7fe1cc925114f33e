//! What is in files: positions, sizes, times, and who may do what.

use crate::{did, say};
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn opened(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    options.open(path).expect("it can be made")
}

fn show(path: &Path) {
    println!("{}", fs::read(path).expect("it is there").escape_ascii());
}

/// Where reading and writing go on.
pub fn positions(files: &Path) {
    let path = files.join("new");
    let mut file = opened(&path);
    let exclusive = OpenOptions::new().write(true).create_new(true).open(&path);
    did("make it again", exclusive);
    say("write", file.write(b"0123456789"));
    for to in [
        SeekFrom::Start(4),
        SeekFrom::Current(3),
        SeekFrom::Current(-100),
        SeekFrom::End(-3),
        SeekFrom::End(-100),
        SeekFrom::Start(1 << 40),
        SeekFrom::Start(u64::MAX),
        SeekFrom::Start(i64::MAX as u64),
        SeekFrom::Current(1),
        SeekFrom::End(i64::MAX),
    ] {
        say(&format!("{to:?}"), file.seek(to));
        say("so at", file.stream_position());
    }
    say("write there", file.write(b"x"));
    say("read there", file.read(&mut [0]));
    say("go back", file.seek(SeekFrom::Start(4)));
    say("write", file.write(b"abc"));
    say("back by two", file.seek(SeekFrom::Current(-2)));
    let mut text = String::new();
    say("read on", file.read_to_string(&mut text));
    println!("{text:?}");
    say("at the end", file.read(&mut [0]));
    say("beyond it", file.seek(SeekFrom::Start(20)));
    say("write", file.write(b"z"));
    show(&path);
    file.rewind().expect("it is a file");
    let (mut first, mut second) = ([0; 3], [0; 4]);
    let into = &mut [
        IoSliceMut::new(&mut []),
        IoSliceMut::new(&mut first),
        IoSliceMut::new(&mut second),
    ];
    say("read into several", file.read_vectored(into));
    println!("{}", first.escape_ascii());
    let from = [IoSlice::new(b""), IoSlice::new(b"--"), IoSlice::new(b"+++")];
    say("write from several", file.write_vectored(&from));
    say("write nothing", file.write(b""));
    say("read nothing", file.read(&mut []));
    say("at", file.stream_position());
    show(&path);
    // What was read ahead isn't what is written over.
    file.rewind().expect("it is a file");
    let mut byte = [0];
    file.read_exact(&mut byte).expect("it is there");
    file.write_all(b"[over]").expect("it is writable");
    file.read_exact(&mut byte).expect("it is there");
    assert_eq!(byte, *b"7", "it goes on behind what was written");
    file.write_all(b"!").expect("it is writable");
    say("at", file.stream_position());
    show(&path);
    // A file's end is where it ends now.
    say("to the end", file.seek(SeekFrom::End(-1)));
    say("read on", file.read(&mut byte));
    say("at the end", file.read(&mut byte));
    let mut other = OpenOptions::new().append(true).open(&path).expect("it is there");
    other.write_all(b"more").expect("it is writable");
    let mut more = [0; 10];
    say("read what came", file.read(&mut more));
    println!("{}", more.escape_ascii());
    say("at the end", file.read(&mut byte));
}

/// Writing to the end, wherever that is.
pub fn appends(files: &Path) {
    let path = files.join("hello.txt");
    let mut file = OpenOptions::new()
        .append(true)
        .open(&path)
        .expect("it is there");
    say("append", file.write(b"one"));
    say("go to the start", file.rewind());
    say("append", file.write(b"two"));
    let mut second = OpenOptions::new()
        .append(true)
        .read(true)
        .open(&path)
        .expect("it is there");
    say("append by another", second.write(b"three"));
    say("append", file.write(b"four"));
    say("read", file.read(&mut [0]));
    second.rewind().expect("it is a file");
    let mut text = String::new();
    say("read by another", second.read_to_string(&mut text));
    println!("{text:?}");
    did("shorten it", second.set_len(3));
    say("append", file.write(b"five"));
    show(&path);
}

/// What an open file is for.
pub fn rights(files: &Path) {
    let path = files.join("hello.txt");
    let mut reader = File::open(&path).expect("it is there");
    say("write to a reader", reader.write(b"x"));
    did("shorten a reader", reader.set_len(1));
    did("synchronise a reader", reader.sync_all());
    let mut writer = OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("it is there");
    say("read from a writer", reader.read(&mut [0; 5]));
    say("read from a writer", writer.read(&mut [0]));
    let cut = OpenOptions::new().read(true).truncate(true).open(&path);
    did("cut without writing", cut);
    did("neither", OpenOptions::new().open(&path));
    did(
        "write to a directory",
        OpenOptions::new().write(true).open(files),
    );
    did("read a directory", File::open(files));
    did("another of the same", reader.try_clone());
    let fixed = Path::new("/fixed/note.txt");
    did("read what is fixed", File::open(fixed));
    did(
        "write to what is fixed",
        OpenOptions::new().write(true).open(fixed),
    );
    did("remove what is fixed", fs::remove_file(fixed));
    did("make something there", fs::create_dir("/fixed/new"));
    did("read what isn't granted", File::open("/secret/secret.txt"));
    // It goes on without a name.
    let mut gone = opened(&files.join("gone"));
    did("unlink it", fs::remove_file(files.join("gone")));
    say("write to it", gone.write(b"abc"));
    gone.rewind().expect("it is a file");
    let mut text = String::new();
    say("read from it", gone.read_to_string(&mut text));
    say("its size", gone.metadata().map(|data| data.len()));
}

/// Times that are set, and told.
pub fn times(files: &Path) {
    let path = files.join("hello.txt");
    let file = OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("it is there");
    let time = |seconds, nanoseconds| UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    let told =
        |time: std::io::Result<SystemTime>| time.map(|time| time.duration_since(UNIX_EPOCH).ok());
    let show = || {
        let data = fs::metadata(&path).expect("it is there");
        say(" read", told(data.accessed()));
        say(" written", told(data.modified()));
    };
    let both = FileTimes::new()
        .set_accessed(time(1_000_000_000, 7))
        .set_modified(time(1_100_000_000, 999_999_999));
    did("both", file.set_times(both));
    show();
    did("one", file.set_modified(time(5, 0)));
    show();
    did("beyond 2106", file.set_modified(time(1 << 33, 1)));
    show();
    did(
        "before 1970",
        file.set_modified(UNIX_EPOCH - Duration::from_secs(5)),
    );
    let now = SystemTime::now();
    did("now", file.set_modified(now));
    let stored = file
        .metadata()
        .and_then(|data| data.modified())
        .expect("it has one");
    println!("as it was: {}", stored == now);
    fs::write(files.join("later"), "").expect("it can be made");
    let later = fs::metadata(files.join("later")).and_then(|data| data.modified());
    let apart = later
        .expect("it has one")
        .duration_since(now)
        .unwrap_or_else(|error| error.duration());
    println!("made now: {}", apart < Duration::from_secs(60));
}

/// Sizes, and more than fits into one call.
pub fn sizes(files: &Path) {
    let path = files.join("large");
    let mut file = opened(&path);
    for size in [10, 5, 0, 1 << 33, 100, u64::MAX] {
        did(&format!("size {size}"), file.set_len(size));
        say("so", file.metadata().map(|data| data.len()));
    }
    did("synchronise", file.sync_all());
    did("synchronise its data", file.sync_data());
    file.set_len(0).expect("it is writable");
    let large: Vec<u8> = (0..1_000_003_usize)
        .map(|i| (i * 167 + i / 256) as u8)
        .collect();
    did("write much", file.write_all(&large));
    file.rewind().expect("it is a file");
    let mut back = Vec::new();
    say("read it", file.read_to_end(&mut back));
    println!("as it was: {}", back == large);
    let mut lines = BufWriter::new(File::create(&path).expect("it is there"));
    for i in 0..50_000 {
        writeln!(lines, "line {i}").expect("it is writable");
    }
    lines
        .into_inner()
        .expect("it is writable")
        .sync_all()
        .expect("it is a file");
    let lines = BufReader::new(File::open(&path).expect("it is there")).lines();
    let lengths = lines.map(|line| line.expect("it is text").len());
    println!("lines of {} bytes", lengths.sum::<usize>());
    did("unlink", fs::remove_file(&path));
}

/// A hundred files open at once. (The adapter has room for 128 descriptors.)
pub fn open(files: &Path) {
    let path = |i: usize| files.join(format!("open {i}"));
    let mut all: Vec<File> = (0..100).map(|i| opened(&path(i))).collect();
    for (i, file) in all.iter_mut().enumerate() {
        write!(file, "{i}").expect("it is writable");
    }
    let right =
        (0..100).all(|i| fs::read_to_string(path(i)).expect("it is there") == i.to_string());
    println!("each has its own: {right}");
    drop(all);
    for i in 0..100 {
        fs::remove_file(path(i)).expect("it is there");
    }
    // As many one after the other as there is no room for at once.
    let again = (0..1000).all(|_| File::open(files.join("hello.txt")).is_ok());
    println!("again and again: {again}");
}

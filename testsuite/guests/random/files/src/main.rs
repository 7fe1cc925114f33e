//! Calls of wasi:filesystem at random, and what came of each.
//!
//! Descriptors, streams and listings stay open over many calls, while what they are of is renamed, replaced, cut off and removed. Nothing is
//! printed that differs between two right runs: no time of now, no hash, no order of a directory's entries.

use random_choices::{Choices, shortened, sum, told};
use wasi_bindings::clocks::wall_clock::Datetime;
use wasi_bindings::filesystem::preopens::get_directories;
use wasi_bindings::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode,
    NewTimestamp, OpenFlags, PathFlags,
};
use wasi_bindings::io::streams::{InputStream, OutputStream, StreamError};
use wasi_bindings::{Shown, Text};

/// Descriptors that are open at the same time, at most.
const OPEN: usize = 12;

/// The directories that are granted: one to change, one to read.
const CHANGED: usize = 0;
const FIXED: usize = 1;

/// Streams of a kind, at most.
const STREAMS: usize = 5;

struct State {
    choices: Choices,
    /// The directories that were granted come first.
    descriptors: Vec<Descriptor>,
    granted: usize,
    inputs: Vec<InputStream>,
    outputs: Vec<OutputStream>,
    listings: Vec<DirectoryEntryStream>,
}

fn main() {
    let (choices, count) = told();
    let mut directories = get_directories();
    directories.sort_by(|(_, a), (_, b)| a.cmp(b));
    let names: Vec<_> = directories.iter().map(|(_, name)| name.clone()).collect();
    println!("granted {names:?}");
    let descriptors: Vec<_> = directories
        .into_iter()
        .map(|(descriptor, _)| descriptor)
        .collect();
    let mut state = State {
        choices,
        granted: descriptors.len(),
        descriptors,
        inputs: Vec::new(),
        outputs: Vec::new(),
        listings: Vec::new(),
    };
    for number in 0..count {
        if let Some(said) = state.call() {
            println!("{number} {said}");
        }
    }
}

/// Where a result goes: behind the call.
fn came<T: Shown>(call: String, result: T) -> Option<String> {
    Some(format!("{call} -> {}", Text(&result)))
}

impl State {
    /// Any descriptor.
    fn any(&mut self) -> usize {
        self.choices.below(self.descriptors.len())
    }

    /// A descriptor to look for a path in: mostly one that was granted.
    fn base(&mut self) -> usize {
        match self.choices.one_in(3) {
            true => self.any(),
            false => self.choices.of(&[CHANGED, CHANGED, CHANGED, FIXED]),
        }
    }

    fn path_flags(&mut self) -> PathFlags {
        self.choices.of(&[PathFlags::empty(), PathFlags::SYMLINK_FOLLOW])
    }

    fn is_directory(&self, index: usize) -> bool {
        self.descriptors[index].get_type() == Ok(DescriptorType::Directory)
    }

    fn call(&mut self) -> Option<String> {
        match self.choices.below(32) {
            0..=6 => self.open(),
            7..=10 => self.change(),
            11 | 12 => self.change_two(),
            13 | 14 => self.symbolic_link(),
            15..=17 => self.stat(),
            18 | 19 => self.times(),
            20 => self.size(),
            21..=23 => self.transfer(),
            24 => self.list(),
            25 => self.same(),
            26 => self.advise(),
            27 => self.stream(),
            28 => self.input(),
            29 => self.output(),
            30 => self.close(),
            _ => self.flags(),
        }
    }

    fn open(&mut self) -> Option<String> {
        let (base, how, path) = (self.base(), self.path_flags(), self.choices.path());
        let mut open = OpenFlags::empty();
        for (flag, n) in [
            (OpenFlags::CREATE, 2),
            (OpenFlags::EXCLUSIVE, 6),
            (OpenFlags::TRUNCATE, 5),
            (OpenFlags::DIRECTORY, 4),
        ] {
            open.set(flag, self.choices.one_in(n));
        }
        let mut rights = DescriptorFlags::empty();
        rights.set(DescriptorFlags::READ, !self.choices.one_in(4));
        rights.set(DescriptorFlags::WRITE, !self.choices.one_in(2));
        // The other implementation gives it, for nothing, to who may change nothing.
        let mutate = self.choices.one_in(3) && base == CHANGED;
        rights.set(DescriptorFlags::MUTATE_DIRECTORY, mutate);
        // The other implementation opens for writing what it makes or cuts off.
        if open.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE) {
            rights |= DescriptorFlags::WRITE;
        }
        let call = format!("open {base} {how:?} {} {open:?} {rights:?}", shortened(&path));
        let opened = match self.descriptors[base].open_at(how, &path, open, rights) {
            Err(error) => return came(call, Err::<(), _>(error)),
            Ok(opened) => opened,
        };
        let at = match self.descriptors.len() {
            OPEN => self.granted + self.choices.below(OPEN - self.granted),
            end => end,
        };
        if at < self.descriptors.len() {
            self.descriptors[at] = opened;
        } else {
            self.descriptors.push(opened);
        }
        Some(format!("{call} -> {at}: {}", self.shown_flags(at)))
    }

    /// What a descriptor is. What may be done with a directory is not told: the other implementation doesn't say so of what it inherits.
    fn shown_flags(&self, index: usize) -> String {
        let descriptor = &self.descriptors[index];
        match self.is_directory(index) {
            true => "a directory".to_owned(),
            false => format!("{:?} {:?}", descriptor.get_type(), descriptor.get_flags()),
        }
    }

    fn flags(&mut self) -> Option<String> {
        let index = self.any();
        Some(format!("flags {index} -> {}", self.shown_flags(index)))
    }

    fn change(&mut self) -> Option<String> {
        let (base, path) = (self.base(), self.choices.path());
        let descriptor = &self.descriptors[base];
        let (name, result) = match self.choices.below(3) {
            0 => ("make directory", descriptor.create_directory_at(&path)),
            1 => ("remove directory", descriptor.remove_directory_at(&path)),
            _ => ("unlink", descriptor.unlink_file_at(&path)),
        };
        came(format!("{name} {base} {}", shortened(&path)), result)
    }

    fn change_two(&mut self) -> Option<String> {
        let (from, to) = (self.base(), self.base());
        let (old, new) = (self.choices.path(), self.choices.path());
        let how = self.path_flags();
        let names = format!("{from} {} {to} {}", shortened(&old), shortened(&new));
        let (from, to) = (&self.descriptors[from], &self.descriptors[to]);
        match self.choices.below(3) {
            0 => came(format!("link {how:?} {names}"), from.link_at(how, &old, to, &new)),
            _ => came(format!("rename {names}"), from.rename_at(&old, to, &new)),
        }
    }

    fn symbolic_link(&mut self) -> Option<String> {
        let (base, path, target) = (self.base(), self.choices.path(), self.choices.path());
        let descriptor = &self.descriptors[base];
        let call = format!("{base} {}", shortened(&path));
        match self.choices.below(2) {
            0 => came(format!("read link {call}"), descriptor.readlink_at(&path)),
            _ => came(
                format!("link symbolically {call} to {}", shortened(&target)),
                descriptor.symlink_at(&target, &path),
            ),
        }
    }

    fn stat(&mut self) -> Option<String> {
        if self.choices.one_in(3) {
            let index = self.any();
            return came(
                format!("stat {index}"),
                self.descriptors[index].stat().map(shown_stat),
            );
        }
        let (base, how, path) = (self.base(), self.path_flags(), self.choices.path());
        let found = self.descriptors[base].stat_at(how, &path).map(shown_stat);
        came(format!("stat at {base} {how:?} {}", shortened(&path)), found)
    }

    fn timestamp(&mut self) -> NewTimestamp {
        const SECONDS: [u64; 7] = [0, 5, 1_000_000_000, 4_000_000_000, 1 << 33, 1 << 62, u64::MAX];
        match self.choices.below(4) {
            0 => NewTimestamp::NoChange,
            1 => NewTimestamp::Now,
            _ => NewTimestamp::Timestamp(Datetime {
                seconds: self.choices.of(&SECONDS),
                nanoseconds: self.choices.of(&[0, 7, 999_999_999, 1_000_000_000, u32::MAX]),
            }),
        }
    }

    fn times(&mut self) -> Option<String> {
        let (accessed, modified) = (self.timestamp(), self.timestamp());
        let both = format!("{accessed:?} {modified:?}");
        if self.choices.one_in(2) {
            let index = self.any();
            // The other implementation can't for directories.
            if self.is_directory(index) {
                return None;
            }
            let result = self.descriptors[index].set_times(accessed, modified);
            return came(format!("set times {index} {both}"), result);
        }
        let (base, how, path) = (self.base(), self.path_flags(), self.choices.path());
        // Where nothing is to be changed, the other implementation doesn't look for the file.
        if matches!(
            (accessed, modified),
            (NewTimestamp::NoChange, NewTimestamp::NoChange)
        ) {
            return None;
        }
        let result = self.descriptors[base].set_times_at(how, &path, accessed, modified);
        came(
            format!("set times at {base} {how:?} {} {both}", shortened(&path)),
            result,
        )
    }

    fn size(&mut self) -> Option<String> {
        let index = self.any();
        let size = self.choices.of(&[0, 1, 5, 100, 70_000, u64::MAX, 1 << 63]);
        came(
            format!("set size {index} {size}"),
            self.descriptors[index].set_size(size),
        )
    }

    fn transfer(&mut self) -> Option<String> {
        let index = self.any();
        let offset = self.choices.of(&[0, 0, 3, 60, 1000, 1 << 20, u64::MAX, 1 << 63]);
        if self.choices.one_in(2) {
            let length = self.choices.of(&[0, 1, 10, 70_000, u64::MAX]);
            let read = self.descriptors[index].read(length, offset);
            let read = read.map(|(bytes, ended)| (bytes.len(), sum(&bytes), ended));
            return came(format!("read {index} {length} at {offset}"), read);
        }
        let offset = offset.min(60);
        let bytes = self.choices.bytes(&[0, 1, 10, 5000]);
        let written = self.descriptors[index].write(&bytes, offset);
        came(format!("write {index} {} at {offset}", bytes.len()), written)
    }

    fn list(&mut self) -> Option<String> {
        let index = self.any();
        let call = format!("list {index}");
        let listing = match self.descriptors[index].read_directory() {
            Err(error) => return came(call, Err::<(), _>(error)),
            Ok(listing) => listing,
        };
        if self.choices.one_in(3) {
            self.listings.push(listing);
            return Some(format!("{call} -> later"));
        }
        came(call, entries(&listing))
    }

    /// Whether two are the same, and have the same hash.
    fn same(&mut self) -> Option<String> {
        let (first, second) = (self.base(), self.any());
        let (how, path) = (self.path_flags(), self.choices.path());
        let (a, b) = (&self.descriptors[first], &self.descriptors[second]);
        let call = format!("compare {first} {how:?} {} {second}", shortened(&path));
        let there = match a.metadata_hash_at(how, &path) {
            Err(error) => return came(call, Err::<(), _>(error)),
            Ok(hash) => (hash.upper, hash.lower),
        };
        let hash = |descriptor: &Descriptor| descriptor.metadata_hash().map(|hash| (hash.upper, hash.lower));
        let (a_is, b_is) = (hash(a), hash(b));
        came(
            call,
            vec![
                a_is.as_ref() == Ok(&there),
                b_is.as_ref() == Ok(&there),
                a_is == b_is,
                a.is_same_object(b),
            ],
        )
    }

    fn advise(&mut self) -> Option<String> {
        let index = self.any();
        let advice = self.choices.of(&[
            Advice::Normal,
            Advice::Sequential,
            Advice::Random,
            Advice::WillNeed,
            Advice::DontNeed,
            Advice::NoReuse,
        ]);
        let numbers = [0, 5, u64::MAX, 1 << 63];
        let (offset, length) = (self.choices.of(&numbers), self.choices.of(&numbers));
        let descriptor = &self.descriptors[index];
        let advised = descriptor.advise(offset, length, advice);
        came(
            format!("advise {index} {advice:?} {offset} {length}, sync"),
            (advised, descriptor.sync(), descriptor.sync_data()),
        )
    }

    fn stream(&mut self) -> Option<String> {
        let index = self.any();
        let descriptor = &self.descriptors[index];
        // The other implementation makes streams of what they can't be used with.
        if descriptor.get_flags() != Ok(DescriptorFlags::READ | DescriptorFlags::WRITE) {
            return None;
        }
        let offset = self.choices.of(&[0, 0, 2, 100]);
        match self.choices.below(3) {
            0 => {
                let made = descriptor.read_via_stream(offset);
                let result = made.map(|stream| keep(&mut self.inputs, stream));
                came(format!("read {index} from {offset}"), result)
            }
            1 => {
                let made = descriptor.write_via_stream(offset);
                let result = made.map(|stream| keep(&mut self.outputs, stream));
                came(format!("write {index} from {offset}"), result)
            }
            _ => {
                let made = descriptor.append_via_stream();
                let result = made.map(|stream| keep(&mut self.outputs, stream));
                came(format!("append to {index}"), result)
            }
        }
    }

    fn input(&mut self) -> Option<String> {
        if self.inputs.is_empty() {
            return None;
        }
        let index = self.choices.below(self.inputs.len());
        let length = self.choices.of(&[1, 2, 7, 4096]);
        let stream = &self.inputs[index];
        if self.choices.one_in(3) {
            return came(format!("skip in {index} {length}"), stream.blocking_skip(length));
        }
        let read = stream.blocking_read(length);
        let read = read.map(|bytes| (bytes.len(), sum(&bytes)));
        came(format!("read in {index} {length}"), read)
    }

    fn output(&mut self) -> Option<String> {
        if self.outputs.is_empty() {
            return None;
        }
        let index = self.choices.below(self.outputs.len());
        let bytes = self.choices.bytes(&[1, 9, 4096]);
        let stream = &self.outputs[index];
        let (name, written) = match self.choices.one_in(3) {
            true => (
                "zeros",
                stream.blocking_write_zeroes_and_flush(bytes.len() as u64),
            ),
            false => ("bytes", stream.blocking_write_and_flush(&bytes)),
        };
        let permitted: Result<bool, StreamError> = stream.check_write().map(|bytes| bytes != 0);
        came(
            format!("write out {index} {} {name}", bytes.len()),
            (written, stream.blocking_flush(), permitted),
        )
    }

    fn close(&mut self) -> Option<String> {
        if self.choices.one_in(2) && !self.listings.is_empty() {
            // What came and went meanwhile may be in it or not.
            let ended = entries(&self.listings.remove(0)).is_ok();
            return Some(format!("list on -> {ended}"));
        }
        if self.descriptors.len() == self.granted {
            return None;
        }
        let index = self.granted + self.choices.below(self.descriptors.len() - self.granted);
        self.descriptors.remove(index);
        Some(format!("close {index}"))
    }
}

/// Keeps a stream, in place of the oldest if there are many.
fn keep<T>(streams: &mut Vec<T>, stream: T) {
    if streams.len() == STREAMS {
        streams.remove(0);
    }
    streams.push(stream);
}

/// All entries, in the order of their names.
fn entries(listing: &DirectoryEntryStream) -> Result<Vec<String>, ErrorCode> {
    let mut all = Vec::new();
    while let Some(entry) = listing.read_directory_entry()? {
        all.push(format!("{} {:?}", shortened(&entry.name), entry.type_));
    }
    all.sort();
    Ok(all)
}

fn shown_stat(stat: DescriptorStat) -> String {
    let size = match stat.type_ {
        DescriptorType::Directory => 0,
        _ => stat.size,
    };
    let modified = match stat.data_modification_timestamp {
        Some(time) if (1_700_000_000..3_900_000_000).contains(&time.seconds) => "of late".to_owned(),
        Some(time) => format!("{}.{:09}", time.seconds, time.nanoseconds),
        None => "never".to_owned(),
    };
    format!(
        "{:?}, {} link(s), {size} bytes, {modified}",
        stat.type_, stat.link_count
    )
}

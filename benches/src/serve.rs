//! What a service costs: `examples/site`, a web server of three components (a port, a directory, Markdown), compiled by nanocc as its users
//! have it, both fences on, and the same composition under wasmtime.
//!
//! The client is this program: it keeps one request on its way at each of its connections, so both processors are busy where there are two.
//! What a request costs the server, the kernel's part with it, is the processor time that the server's process took, and it moves less from run to run than
//! requests a second do. The servers take turns; every answer of a turn is compared with nanocc's first.

use crate::contender::on_path;
use crate::host;
use crate::statistics::{Samples, print_table, row};
use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::mutate::Random;
use nanocc_testsuite::{Result, execute, repository};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// How often each server takes its turn
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many requests are a turn
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// At how many connections
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=200))]
    connections: u32,
}

const REQUEST: &[u8] = b"GET /isolation HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server: a program and its words.
struct Contender {
    name: &'static str,
    path: PathBuf,
    words: Vec<String>,
    files: Vec<PathBuf>,
}

/// What a turn came to.
struct Turn {
    seconds: f64,
    /// Processor seconds of the server's, the kernel's for it among them.
    processor: f64,
    /// KiB at the end.
    anonymous: f64,
    peak: f64,
}

/// Measures, and prints a table.
pub fn run(folder: &Path, args: &Args) -> Result<()> {
    // Free now; nobody else here asks for it.
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .map_err(|error| error.to_string())?;
    let contenders = contenders(folder, address)?;
    let mut expected = None;
    for contender in &contenders {
        let server = Server::start(contender, address)?;
        let found = server.answer()?;
        let expected = expected.get_or_insert_with(|| found.clone());
        if *expected != found {
            return Err(format!("{}: another answer than nanocc's", contender.name));
        }
    }
    let expected = expected.unwrap_or_default();

    println!(
        "A web server of three components: {} requests a turn at {} connections, medians of {} turns\n",
        args.requests, args.connections, args.rounds
    );
    let mut turns: Vec<Vec<Turn>> = contenders.iter().map(|_| Vec::new()).collect();
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    let mut random = Random::new(1);
    for _ in 0..args.rounds {
        for i in (1..order.len()).rev() {
            order.swap(i, random.below(i + 1));
        }
        for &i in &order {
            let server = Server::start(&contenders[i], address)?;
            let turn = server.turn(args, &expected);
            turns[i].push(turn.map_err(|error| format!("{}: {error}", contenders[i].name))?);
        }
    }

    let mut rows = vec![row([
        "server",
        "requests/s",
        "us of processor a request",
        "of nanocc's",
        "anonymous KiB",
        "peak KiB",
        "files",
    ])];
    let mut first = None;
    for (contender, turns) in contenders.iter().zip(&turns) {
        let median = |of: &dyn Fn(&Turn) -> f64| {
            let mut samples = Samples::default();
            turns.iter().for_each(|turn| samples.add(of(turn)));
            samples.median()
        };
        let requests = f64::from(args.requests);
        let cost = median(&|turn| turn.processor * 1e6 / requests);
        let first = *first.get_or_insert(cost);
        let size = contender.files.iter().map(|file| {
            let metadata = std::fs::metadata(file);
            metadata.map_or(0, |metadata| metadata.len())
        });
        rows.push(vec![
            contender.name.to_owned(),
            format!("{:.0}", median(&|turn| requests / turn.seconds)),
            format!("{cost:.1}"),
            format!("{:.2}", cost / first),
            format!("{:.0}", median(&|turn| turn.anonymous)),
            format!("{:.0}", median(&|turn| turn.peak)),
            format!("{:.1} MB", size.sum::<u64>() as f64 / 1e6),
        ]);
    }
    print_table(&rows);
    Ok(())
}

/// Nanocc's executable first.
fn contenders(folder: &Path, address: SocketAddr) -> Result<Vec<Contender>> {
    let site = repository().join("examples/site");
    let pages = site.join("pages");
    let pages = format!("{}::/pages", pages.display());
    let compiled = folder.join("site");
    Nanocc::new(&site.join("compose.wac"))
        .args(&["-O2", "--dir-ro", &format!("store={pages}")])
        .args(&["--tcp-listen", &format!("api={address}")])
        .output(&compiled)
        .succeed()?;
    let component = folder.join("site.wasm");
    Nanocc::new(&site.join("compose.wac"))
        .args(&["--emit=component"])
        .output(&component)
        .succeed()?;
    let library = folder.join("site-library.cwasm");
    host::precompile(&component, &library)?;
    // A copy, since a build may replace this program's file while it runs.
    let this = folder.join("site-host");
    std::fs::copy("/proc/self/exe", &this).map_err(|error| format!("/proc/self/exe: {error}"))?;

    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let shown = |path: &Path| path.display().to_string();
    let to = address.to_string();
    let mut all = vec![
        Contender {
            name: "nanocc",
            path: compiled.clone(),
            words: words(&[&to]),
            files: vec![compiled],
        },
        Contender {
            name: "wasmtime library, precompiled",
            path: this.clone(),
            words: words(&[
                host::PRECOMPILED,
                host::NETWORK,
                &format!("{}{pages}", host::DIR_RO),
                &shown(&library),
                &to,
            ]),
            files: vec![this, library],
        },
    ];
    if let Some(wasmtime) = on_path("wasmtime") {
        let output = folder.join("site-command.cwasm");
        let mut compile = Command::new(&wasmtime);
        compile
            .arg("compile")
            .arg(&component)
            .arg("-o")
            .arg(&output);
        if execute::run(&mut compile, b"")?.code()? == 0 {
            all.push(Contender {
                name: "wasmtime command, precompiled",
                path: wasmtime.clone(),
                words: words(&[
                    "run",
                    "--allow-precompiled",
                    "-Sinherit-network",
                    "--dir",
                    &pages,
                    &shown(&output),
                    &to,
                ]),
                files: vec![wasmtime, output],
            });
        }
    }
    Ok(all)
}

/// A server that runs until this is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(contender: &Contender, address: SocketAddr) -> Result<Server> {
        let child = Command::new(&contender.path)
            .args(&contender.words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", contender.name))?;
        let mut server = Server { child, address };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = server.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                return Err(format!("{} doesn't listen at {address}", contender.name));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(server)
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.address).map_err(|error| error.to_string())?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        Ok(stream)
    }

    /// One whole answer.
    fn answer(&self) -> Result<Vec<u8>> {
        let mut stream = self.connect()?;
        let last = String::from_utf8_lossy(REQUEST).replace("Host:", "Connection: close\r\nHost:");
        let done = stream.write_all(last.as_bytes()).and_then(|()| {
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).map(|_| answer)
        });
        let answer = done.map_err(|error| error.to_string())?;
        // What it says of the connection is another matter for those that stay.
        let text = String::from_utf8(answer).map_err(|error| error.to_string())?;
        Ok(text
            .replace("connection: close", "connection: keep-alive")
            .into_bytes())
    }

    fn turn(&self, args: &Args, expected: &[u8]) -> Result<Turn> {
        let mut streams = Vec::new();
        for _ in 0..args.connections {
            streams.push(self.connect()?);
        }
        let mut answer = vec![0; expected.len()];
        let mut ask = |requests: u32| {
            let at = |error: std::io::Error| error.to_string();
            let width = streams.len();
            for stream in streams.iter_mut().take(requests as usize) {
                stream.write_all(REQUEST).map_err(at)?;
            }
            for i in 0..requests as usize {
                let stream = &mut streams[i % width];
                stream.read_exact(&mut answer).map_err(at)?;
                if answer != expected {
                    return Err("a wrong answer".to_owned());
                }
                if i + width < requests as usize {
                    stream.write_all(REQUEST).map_err(at)?;
                }
            }
            Ok(())
        };
        // What happens once isn't what a request costs.
        ask(args.connections * 4)?;
        let before = self.processor()?;
        let start = Instant::now();
        ask(args.requests)?;
        Ok(Turn {
            seconds: start.elapsed().as_secs_f64(),
            processor: self.processor()? - before,
            anonymous: self.status("RssAnon:")?,
            peak: self.status("VmHWM:")?,
        })
    }

    fn file(&self, name: &str) -> Result<String> {
        let path = format!("/proc/{}/{name}", self.child.id());
        std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
    }

    /// Processor seconds until now, of all its threads.
    fn processor(&self) -> Result<f64> {
        let text = self.file("stat")?;
        // After the name, which may hold anything, come the state and ten other fields, then user's and kernel's ticks.
        let fields = text.rsplit_once(')').map(|(_, fields)| fields);
        let ticks = fields
            .unwrap_or_default()
            .split_whitespace()
            .skip(11)
            .take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        // SAFETY: sysconf reads nothing of this program's.
        let rate = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
        Ok(ticks as f64 / rate as f64)
    }

    /// KiB.
    fn status(&self, field: &str) -> Result<f64> {
        let text = self.file("status")?;
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|line| line.trim().strip_suffix(" kB"))
            .and_then(|number| number.trim().parse().ok())
            .ok_or(format!("no {field} in its status"))
    }
}

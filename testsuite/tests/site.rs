//! `examples/site`, a web server of three components: what it answers, to whom, and what it can't be made to do.

use nanocc_testsuite::compiler::Nanocc;
use nanocc_testsuite::machine::Target;
use nanocc_testsuite::{Result, ports, repository};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The site, compiled for each target that can be executed: its address and its pages are parameters.
fn each(test: impl Fn(Target, &Path) -> Result<()>) -> Result<()> {
    static PROGRAMS: LazyLock<Vec<(Target, Result<tempfile::TempDir>)>> = LazyLock::new(|| {
        let compiled = |target: Target| {
            let folder = tempfile::tempdir().map_err(text)?;
            let input = repository().join("examples/site/compose.wac");
            let grants = [
                "--dir-ro=store=@pages::/pages",
                "--tcp-listen=api=@address",
                "--max-memory=filter=4MiB",
            ];
            let output = folder.path().join("site");
            Nanocc::new(&input)
                .args(&grants)
                .target(target)
                .output(&output)
                .succeed()?;
            Ok(folder)
        };
        let able = |target: &Target| target.required() || target.can_run().is_ok();
        let targets = Target::ALL.into_iter().filter(able);
        targets.map(|target| (target, compiled(target))).collect()
    });
    for (target, folder) in PROGRAMS.iter() {
        let folder = folder.as_ref().map_err(Clone::clone)?;
        test(*target, &folder.path().join("site"))
            .map_err(|error| format!("{}: {error}", target.name()))?;
    }
    Ok(())
}

/// A site that runs until this is dropped.
struct Site {
    child: Child,
    address: SocketAddr,
}

impl Site {
    fn start(target: Target, program: &Path, pages: &Path) -> Result<Site> {
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
        let mut child = target
            .command(program)
            .arg(address.to_string())
            .env("NANOCC_PARAM_address", address.to_string())
            .env("NANOCC_PARAM_pages", pages)
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let mut said = String::new();
        let stderr = child.stderr.as_mut().ok_or("no standard error")?;
        BufReader::new(stderr).read_line(&mut said).map_err(text)?;
        let site = Site { child, address };
        match said == format!("http://{address}/\n") {
            true => Ok(site),
            false => Err(format!("it starts with {said:?}")),
        }
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.address).map_err(text)?;
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).map_err(text)?;
        Ok(stream)
    }

    /// All that it answers to these bytes, after which nothing more is said.
    fn answers(&self, request: &[u8]) -> Result<String> {
        let mut stream = self.connect()?;
        stream.write_all(request).map_err(text)?;
        stream.shutdown(Shutdown::Write).map_err(text)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(text)?;
        Ok(answer)
    }

    fn get(&self, path: &str) -> Result<String> {
        self.answers(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pages() -> std::path::PathBuf {
    repository().join("examples/site/pages")
}

fn same(what: &str, found: &str, expected: &str) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: {found:?}, expected {expected:?}")),
    }
}

/// What it answers with this status.
fn answer(status: &str, connection: &str, body: &str) -> String {
    let body = format!("<!doctype html>\n<meta charset=\"utf-8\">\n{body}");
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: {connection}\r\n\r\n{body}",
        body.len()
    )
}

fn failure(status: &str, connection: &str) -> String {
    answer(status, connection, &format!("<title>{status}</title>\n"))
}

#[test]
fn pages_come_as_html() -> Result<()> {
    each(|target, program| {
        let folder = tempfile::tempdir().map_err(text)?;
        let page = "# A & *b*\n\n<b onclick=\"x\">no</b> [link](JavaScript:alert%281%29) [next](b?c=d:e)\n";
        std::fs::write(folder.path().join("page.md"), page).map_err(text)?;
        std::fs::write(folder.path().join("bytes.md"), b"\xff").map_err(text)?;
        let site = Site::start(target, program, folder.path())?;
        let body = "<title>A &amp; b</title>\n<h1>A &amp; <em>b</em></h1>\n<p>&lt;b onclick=\"x\"&gt;no&lt;/b&gt; \
                    <a href=\"\">link</a> <a href=\"b?c=d:e\">next</a></p>\n";
        let expected = answer("200 OK", "keep-alive", body);
        same("the page", &site.get("/page?x")?, &expected)?;
        same("the page by an escape", &site.get("/p%61ge")?, &expected)?;
        let missing = failure("404 Not Found", "keep-alive");
        same("no page", &site.get("/none")?, &missing)?;
        let unreadable = failure("500 Internal Server Error", "keep-alive");
        same("bytes", &site.get("/bytes")?, &unreadable)
    })
}

#[test]
fn no_name_leads_out_of_the_pages() -> Result<()> {
    each(|target, program| {
        let folder = tempfile::tempdir().map_err(text)?;
        let within = folder.path().join("pages");
        std::fs::create_dir_all(within.join("folder.md")).map_err(text)?;
        std::fs::write(folder.path().join("secret.md"), "secret").map_err(text)?;
        std::os::unix::fs::symlink("../secret.md", within.join("link.md")).map_err(text)?;
        let absolute = folder.path().join("secret");
        std::os::unix::fs::symlink(absolute.with_extension("md"), within.join("far.md"))
            .map_err(text)?;
        let site = Site::start(target, program, &within)?;
        let paths = [
            "/../secret",
            "/folder.md/../../secret",
            "/%2e%2e/secret",
            "/%2e%2e%2fsecret",
            "/link",
            "/far",
            "//..//secret",
            &format!("/{}", absolute.display()),
            "/folder",
            "/page%00",
            "/%ff",
        ];
        for path in paths {
            let answer = site.get(path)?;
            let refused = answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5");
            if !refused || answer.contains("secret") {
                return Err(format!("{path}: {answer}"));
            }
        }
        Ok(())
    })
}

#[test]
fn requests_are_answered_in_their_order_or_refused() -> Result<()> {
    each(|target, program| {
        let site = Site::start(target, program, &pages())?;
        let index = site.get("/")?;
        let head = index.split_inclusive("\r\n\r\n").next();
        let head = head.ok_or("no head")?.to_owned();
        let missing = failure("404 Not Found", "keep-alive");
        let together = site.answers(
            b"GET / HTTP/1.1\r\n\r\nHEAD /index HTTP/1.1\r\na: b\r\n\r\nGET /none HTTP/1.1\r\n\r\n",
        )?;
        same(
            "three together",
            &together,
            &format!("{index}{head}{missing}"),
        )?;
        let last = site.answers(b"GET /none HTTP/1.0\r\n\r\nGET / HTTP/1.1\r\n\r\n")?;
        same("HTTP/1.0", &last, &failure("404 Not Found", "close"))?;
        let closed = b"GET /none HTTP/1.1\r\nConnection: x, Close\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        same(
            "close",
            &site.answers(closed)?,
            &failure("404 Not Found", "close"),
        )?;
        let method = site.answers(b"PUT / HTTP/1.1\r\n\r\n")?;
        let expected = failure("405 Method Not Allowed", "keep-alive");
        let expected = expected.replace("keep-alive\r\n", "keep-alive\r\nallow: GET, HEAD\r\n");
        same("PUT", &method, &expected)?;
        let body = site.answers(b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")?;
        same("a body", &body, &failure("413 Content Too Large", "close"))?;
        let nonsense = site.answers(b"\x00\x01 what\r\n\r\n")?;
        same("nonsense", &nonsense, &failure("400 Bad Request", "close"))?;
        let long = [b"GET / HTTP/1.1\r\na: ".to_vec(), vec![b'x'; 100_000]].concat();
        let expected = failure("431 Request Header Fields Too Large", "close");
        same("a long head", &site.answers(&long)?, &expected)?;
        same("part of a request", &site.answers(b"GET / HT")?, "")
    })
}

#[test]
fn one_connection_doesnt_wait_for_another() -> Result<()> {
    each(|target, program| {
        let site = Site::start(target, program, &pages())?;
        let index = site.get("/")?;
        let mut streams = Vec::new();
        for _ in 0..100 {
            let mut stream = site.connect()?;
            stream.write_all(b"GET / HTTP").map_err(text)?;
            streams.push(stream);
        }
        same("beside a hundred that wait", &site.get("/")?, &index)?;
        for stream in streams.iter_mut().rev() {
            stream.write_all(b"/1.1\r\n\r\n").map_err(text)?;
            let mut answer = vec![0; index.len()];
            stream.read_exact(&mut answer).map_err(text)?;
            same("later", &String::from_utf8_lossy(&answer), &index)?;
        }
        Ok(())
    })
}

/// Who never reads has the site neither wait nor hold more than one answer.
#[test]
fn a_client_that_doesnt_read_holds_nobody_up() -> Result<()> {
    each(|target, program| {
        let folder = tempfile::tempdir().map_err(text)?;
        let page = "word ".repeat(60_000);
        std::fs::write(folder.path().join("long.md"), &page).map_err(text)?;
        let site = Site::start(target, program, folder.path())?;
        let mut deaf = site.connect()?;
        deaf.set_nonblocking(true).map_err(text)?;
        let request = b"GET /long HTTP/1.1\r\n\r\n".repeat(1000);
        let mut asked = 0;
        while let Ok(length @ 1..) = deaf.write(&request[asked..]) {
            asked += length;
        }
        thread::sleep(Duration::from_millis(200));
        let answer = site.get("/long")?;
        let words = answer.matches("word").count();
        same("its words", &words.to_string(), "60000")
    })
}

#[test]
fn another_address_than_the_granted_isnt_its() -> Result<()> {
    each(|target, program| {
        let done = target
            .command(program)
            .arg("127.0.0.1:0")
            .env("NANOCC_PARAM_address", "127.0.0.1:9")
            .env("NANOCC_PARAM_pages", pages())
            .output()
            .map_err(text)?;
        same("status", &format!("{:?}", done.status.code()), "Some(1)")?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        match said.to_lowercase().contains("access") {
            true => Ok(()),
            false => Err(said),
        }
    })
}

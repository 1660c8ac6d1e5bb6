//! A server of files at another origin: what it is asked for it fetches from the FHIR server of the test, and hands on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<String>>,
    without_length: AtomicBool,
    ends: AtomicBool,
}

/// It ends with the test.
pub struct Elsewhere {
    pub origin: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// All bytes up to the empty line behind a head.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

impl Elsewhere {
    pub fn of(base: &str) -> Elsewhere {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let host = base.trim_start_matches("http://").trim_end_matches("/fhir").to_owned();
        let shared: Arc<Shared> = Arc::default();
        let held = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if held.ends.load(Ordering::Relaxed) {
                    return;
                }
                hand_on(stream.unwrap(), &host, &held);
            }
        });
        Elsewhere { origin, shared, thread: Some(thread) }
    }

    /// From now on no answer says how long it is: it ends with its connection.
    pub fn without_length(&self) {
        self.shared.without_length.store(true, Ordering::Relaxed);
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

fn hand_on(mut stream: TcpStream, host: &str, shared: &Shared) {
    let request = head(&mut stream);
    let path = request.split(' ').nth(1).unwrap().to_owned();
    shared.requests.lock().unwrap().push(request);
    let mut server = TcpStream::connect(host).unwrap();
    write!(server, "GET /fhir{path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    head(&mut server);
    let mut body = Vec::new();
    server.read_to_end(&mut body).unwrap();
    let length = match shared.without_length.load(Ordering::Relaxed) {
        true => String::new(),
        false => format!("Content-Length: {}\r\n", body.len()),
    };
    write!(stream, "HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n").unwrap();
    stream.write_all(&body).unwrap();
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        // One last call, so that it sees that it is to end.
        drop(TcpStream::connect(self.origin.trim_start_matches("http://")));
        self.thread.take().map(JoinHandle::join);
    }
}

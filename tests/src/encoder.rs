//! A sentence encoder as the tests see it: over a real socket, by the JSON of `POST /v1/embeddings`, always the same vector
//! for the same text; in a bad [`Mood`] it is silent, broken, or another one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backends::Encoder;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How long its vectors are.
pub const DIMENSIONS: usize = 8;

/// Its name.
pub const NAME: &str = "meanings-8";

/// Words that mean the same to it, though they share no letters.
const MEANINGS: [&[&str]; 2] = [
    &["интернет", "сайты", "роутер", "вайфай", "браузер", "wi-fi"],
    &["принтер", "картридж", "печат", "мфу", "сканер", "тонер"],
];

/// What it does with the next calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Mood {
    /// Answers.
    Answers,
    /// Answers as another encoder of the same length.
    Renamed,
    /// Takes the request and never answers.
    Silent,
    /// Takes the request and answers when it is released.
    Holds,
    /// Answers with this status and body.
    Says(u16, String),
}

#[derive(Debug)]
struct State {
    mood: Mood,
    released: Arc<Notify>,
    /// The bodies that came, and what came as `authorization`.
    asked: Vec<(Value, String)>,
}

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub struct EncoderServer {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Drop for EncoderServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The vector of a text: all have much in common, and differ by what is meant, and a little by their letters.
#[must_use]
pub fn vector_of(text: &str) -> Vec<f32> {
    let text = text.to_lowercase();
    let mut vector = vec![1.0_f32; DIMENSIONS];
    for (meaning, words) in MEANINGS.iter().enumerate() {
        let said = words.iter().filter(|word| text.contains(*word)).count();
        vector[meaning] += said.min(2) as f32;
    }
    for (at, byte) in text.bytes().enumerate() {
        vector[2 + at % (DIMENSIONS - 2)] += f32::from(byte % 8) * 0.001;
    }
    vector
}

impl EncoderServer {
    /// Starts one on a port that the system chooses.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of this machine");
        let addr = listener.local_addr().expect("it listens");
        let state = Arc::new(Mutex::new(State { mood: Mood::Answers, released: Arc::default(), asked: Vec::new() }));
        let known = state.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, known.clone()));
            }
        });
        Self { addr, state, serving }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The way to it.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn encoder(&self, patience: Duration) -> Encoder {
        Encoder::at(&self.url(), None, None, patience).expect("its address is one")
    }

    /// From now on it does that.
    pub fn set(&self, mood: Mood) {
        locked(&self.state).mood = mood;
    }

    /// Answers what is held.
    pub fn release(&self) {
        locked(&self.state).released.notify_waiters();
    }

    /// The bodies that came, and what came with each as `authorization`.
    #[must_use]
    pub fn asked(&self) -> Vec<(Value, String)> {
        locked(&self.state).asked.clone()
    }

    /// The texts that came, call by call.
    #[must_use]
    pub fn texts(&self) -> Vec<Vec<String>> {
        let texts = |body: &Value| {
            let texts = body["input"].as_array().into_iter().flatten();
            texts.map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
        };
        self.asked().iter().map(|(body, _)| texts(body)).collect()
    }
}

/// Answers the requests of one connection, as far as HTTP/1.1 is needed for it.
async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut token, mut line) = (0, String::new(), String::new());
        let mut first = String::new();
        stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
        loop {
            line.clear();
            stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            match name.to_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "authorization" => value.trim().clone_into(&mut token),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let body: Value = serde_json::from_slice(&body).ok()?;
        let (mood, released) = {
            let mut state = locked(&state);
            state.asked.push((body.clone(), token));
            (state.mood.clone(), state.released.clone().notified_owned())
        };
        let (status, answer) = match mood {
            _ if !first.starts_with("POST /v1/embeddings ") => (404, String::new()),
            Mood::Silent => return std::future::pending().await,
            Mood::Says(status, body) => (status, body),
            Mood::Holds => {
                released.await;
                (200, answer(&body, NAME))
            }
            Mood::Answers => (200, answer(&body, NAME)),
            Mood::Renamed => (200, answer(&body, "another-8")),
        };
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", answer.len());
        let elsewhere = if status == 307 { "location: http://127.0.0.1:9/\r\n" } else { "" };
        stream.write_all(format!("{head}{elsewhere}\r\n{answer}").as_bytes()).await.ok()?;
    }
}

fn answer(body: &Value, model: &str) -> String {
    let texts = body["input"].as_array().into_iter().flatten().enumerate();
    let mut data: Vec<Value> = texts
        .map(|(index, text)| json!({ "index": index, "embedding": vector_of(text.as_str().unwrap_or_default()) }))
        .collect();
    // A server may answer in any order.
    data.reverse();
    json!({ "object": "list", "model": model, "data": data }).to_string()
}

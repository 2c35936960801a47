//! Tokens from the command line and from a file, as a stream in flat memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use futures_util::stream::{self, Stream};
use tokio::sync::mpsc;

/// Tokens read ahead of the sending.
const READ_AHEAD: usize = 4_096;

/// A token, and how many bytes of the file it took to come to it.
pub(crate) type Line = std::io::Result<(String, u64)>;

/// The file of tokens: its length where it is known, and its lines.
#[derive(Debug)]
pub(crate) struct TokenFile {
    pub(crate) bytes: Option<u64>,
    lines: mpsc::Receiver<Line>,
}

impl TokenFile {
    /// Opens a file, or stdin for `-`, and begins to read it. Blank lines are skipped, duplicates
    /// are kept.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (bytes, reader): (Option<u64>, Box<dyn Read + Send>) = if path == Path::new("-") {
            (None, Box::new(std::io::stdin()))
        } else {
            let open = || -> std::io::Result<(Option<u64>, File)> {
                let file = File::open(path)?;
                let kind = file.metadata()?;
                if kind.is_dir() {
                    return Err(std::io::ErrorKind::IsADirectory.into());
                }
                Ok((kind.is_file().then_some(kind.len()), file))
            };
            let (bytes, file) =
                open().with_context(|| format!("{}: cannot be read", path.display()))?;
            (bytes, Box::new(file))
        };
        let (to, lines) = mpsc::channel(READ_AHEAD);
        std::thread::spawn(move || read_lines(reader, &to));
        Ok(Self { bytes, lines })
    }

    /// The lines.
    pub(crate) fn lines(self) -> impl Stream<Item = Line> + Unpin {
        let mut lines = self.lines;
        stream::poll_fn(move |context| lines.poll_recv(context))
    }
}

/// Reads until the end, an error, or until nobody listens any more.
fn read_lines(reader: impl Read, to: &mpsc::Sender<Line>) {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let mut raw = Vec::new();
    let mut bytes = 0;
    loop {
        raw.clear();
        let line = match reader.read_until(b'\n', &mut raw) {
            Ok(0) => return,
            Ok(read) => {
                bytes += read as u64;
                // What is not UTF-8 is no vendor's token, and is reported as such.
                let token = String::from_utf8_lossy(&raw).trim().to_owned();
                if token.is_empty() {
                    continue;
                }
                Ok((token, bytes))
            }
            Err(error) => Err(error),
        };
        let over = line.is_err();
        if to.blocking_send(line).is_err() || over {
            return;
        }
    }
}

/// Where the tokens come from.
#[derive(clap::Args, Debug)]
pub(crate) struct TokenArgs {
    /// A device's token; may be given several times.
    #[arg(
        long = "token",
        value_name = "TOKEN",
        required_unless_present = "tokens_from"
    )]
    pub(crate) tokens: Vec<String>,
    /// A file with one token per line; `-` reads stdin.
    #[arg(long, value_name = "FILE")]
    pub(crate) tokens_from: Option<PathBuf>,
}

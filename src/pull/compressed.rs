//! Compressed files, of which no more is given than their size lets expect.

use crate::bounds::{Bound, Bounds};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip, also of several members.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// How a file is compressed that begins so.
    pub fn of(start: &[u8]) -> Option<Compression> {
        match start {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// What the file is uncompressed. It ends with an error of the kind [`io::ErrorKind::FileTooLarge`] where it would
    /// grow beyond its bound; a small one may grow to a document.
    ///
    /// # Errors
    /// Where the decoder cannot be set up.
    pub fn uncompressed(self, file: impl Read + Send + 'static, bounds: Bounds) -> io::Result<Box<dyn Read + Send>> {
        let compressed = Arc::new(AtomicU64::new(0));
        let counted = io::BufReader::new(Counted { reader: file, count: Arc::clone(&compressed) });
        let decoder: Box<dyn Read + Send> = match self {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(counted)?),
        };
        Ok(Box::new(Uncompressed { decoder, given: 0, compressed, bounds }))
    }
}

/// What is read of a compressed file, and how much was given of it.
struct Uncompressed<R> {
    decoder: R,
    given: u64,
    compressed: Arc<AtomicU64>,
    bounds: Bounds,
}

impl<R: Read> Read for Uncompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(buffer)?;
        self.given += count as u64;
        let compressed = self.compressed.load(Ordering::Relaxed);
        let most = compressed.saturating_mul(self.bounds.most(Bound::Expansion));
        match self.given > most.max(self.bounds.most(Bound::Document)) {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(count),
        }
    }
}

/// What is read of a file as it is kept, counted.
struct Counted<R> {
    reader: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

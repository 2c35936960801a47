//! HTTP/2 frames: just as many as a server needs that reads no header.

/// What a client sends before its first frame.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADER: usize = 9;
const FLAG_END_STREAM: u8 = 0x1;
const FLAG_ACK: u8 = 0x1;
const FLAG_END_HEADERS: u8 = 0x4;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

const MAX_CONCURRENT_STREAMS: u16 = 3;
const REFUSED_STREAM: u32 = 7;

/// What a frame means to this server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// A stream begins.
    Begin { stream: u32, last: bool },
    /// A piece of a body.
    Body {
        stream: u32,
        length: usize,
        last: bool,
    },
    /// The client has lost interest.
    Reset { stream: u32 },
    /// The client's settings, to be acknowledged.
    Settings,
    /// To be sent back.
    Ping([u8; 8]),
    /// The connection may be sent so much more.
    Window(u32),
    /// Everything else.
    Other,
}

/// The first frame in `input` and its length, if it is there whole.
pub(super) fn parse(input: &[u8]) -> Option<(Frame, usize)> {
    let (header, rest) = input.split_at_checked(HEADER)?;
    let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
    let payload = rest.get(..length)?;
    let (kind, flags) = (header[3], header[4]);
    let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]) & 0x7fff_ffff;
    let last = flags & FLAG_END_STREAM != 0;
    let frame = match (kind, payload) {
        (HEADERS, _) => Frame::Begin { stream, last },
        (DATA, _) => Frame::Body {
            stream,
            length,
            last,
        },
        (RST_STREAM, _) => Frame::Reset { stream },
        (SETTINGS, _) if flags & FLAG_ACK == 0 => Frame::Settings,
        (PING, &[a, b, c, d, e, f, g, h]) if flags & FLAG_ACK == 0 => {
            Frame::Ping([a, b, c, d, e, f, g, h])
        }
        (WINDOW_UPDATE, &[a, b, c, d]) if stream == 0 => {
            Frame::Window(u32::from_be_bytes([a, b, c, d]))
        }
        _ => Frame::Other,
    };
    Some((frame, HEADER + length))
}

pub(super) fn write_settings(output: &mut Vec<u8>, stream_limit: u32) {
    write_header(output, 6, SETTINGS, 0, 0);
    output.extend(MAX_CONCURRENT_STREAMS.to_be_bytes());
    output.extend(stream_limit.to_be_bytes());
}

pub(super) fn write_settings_ack(output: &mut Vec<u8>) {
    write_header(output, 0, SETTINGS, FLAG_ACK, 0);
}

pub(super) fn write_pong(output: &mut Vec<u8>, data: [u8; 8]) {
    write_header(output, 8, PING, FLAG_ACK, 0);
    output.extend(data);
}

pub(super) fn write_window(output: &mut Vec<u8>, more: u32) {
    write_header(output, 4, WINDOW_UPDATE, 0, 0);
    output.extend(more.to_be_bytes());
}

pub(super) fn write_refusal(output: &mut Vec<u8>, stream: u32) {
    write_header(output, 4, RST_STREAM, 0, stream);
    output.extend(REFUSED_STREAM.to_be_bytes());
}

/// A whole answer: a header block, and a body unless it is empty.
pub(super) fn write_answer(output: &mut Vec<u8>, stream: u32, block: &[u8], body: &[u8]) {
    let end = if body.is_empty() { FLAG_END_STREAM } else { 0 };
    write_header(output, block.len(), HEADERS, FLAG_END_HEADERS | end, stream);
    output.extend(block);
    if !body.is_empty() {
        write_header(output, body.len(), DATA, FLAG_END_STREAM, stream);
        output.extend(body);
    }
}

fn write_header(output: &mut Vec<u8>, length: usize, kind: u8, flags: u8, stream: u32) {
    // No frame of this server comes near 16 MiB.
    let length = u32::try_from(length).unwrap_or_default().to_be_bytes();
    output.extend([length[1], length[2], length[3], kind, flags]);
    output.extend(stream.to_be_bytes());
}

/// A header block: status 200, then fields that are put into no table.
pub(super) fn header_block(fields: &[(&str, &str)]) -> Vec<u8> {
    const STATUS_200: u8 = 0x88;
    const NOT_INDEXED_NEW_NAME: u8 = 0;
    let mut block = vec![STATUS_200];
    for (name, value) in fields {
        block.push(NOT_INDEXED_NEW_NAME);
        for text in [name, value] {
            // Lengths below 127 fit the seven bits of their first byte; no field here is longer.
            block.push(u8::try_from(text.len()).unwrap_or_default() & 0x7f);
            block.extend(text.bytes());
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_parsed_once_it_is_whole() {
        let mut bytes = Vec::new();
        write_answer(&mut bytes, 5, &header_block(&[("a", "b")]), b"body");
        let (begin, length) = parse(&bytes).unwrap();
        assert_eq!(
            begin,
            Frame::Begin {
                stream: 5,
                last: false
            }
        );
        let body = Frame::Body {
            stream: 5,
            length: 4,
            last: true,
        };
        assert_eq!(parse(&bytes[length..]), Some((body, 13)));
        assert_eq!(parse(&bytes[length..bytes.len() - 1]), None);
    }

    #[test]
    fn an_acknowledgement_is_not_acknowledged() {
        let mut bytes = Vec::new();
        write_settings_ack(&mut bytes);
        assert_eq!(parse(&bytes), Some((Frame::Other, 9)));
        bytes.clear();
        write_settings(&mut bytes, 100);
        assert_eq!(parse(&bytes), Some((Frame::Settings, 15)));
    }
}

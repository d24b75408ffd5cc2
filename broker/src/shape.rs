//! Walks over a Kafka request before it is decoded, and refuses counts that its bytes do not bear
//! out.
//!
//! The decoder reserves memory for as many elements as an array *claims*: the four bytes `7f ff ff
//! ff` in front of nothing would ask for some hundred gigabytes and abort the process. So each API
//! file describes the shape of its request in a few lines, and this walk visits every element
//! first. Afterwards every count is real, and bounded by [`ELEMENTS_PER_REQUEST_MAX`]; contents
//! (UTF-8, values) are the decoder's business.

/// Most array elements and tagged fields in one request, all levels together. At no more than 256
/// bytes each in memory, a decoded request stays below 4 MiB beside its own bytes.
pub(crate) const ELEMENTS_PER_REQUEST_MAX: usize = 16_384;

/// The request ends too early, or claims more than it holds or may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request is truncated, or its lengths and counts do not add up")]
pub(crate) struct Malformed;

/// Outcome of one step.
pub(crate) type Walked = Result<(), Malformed>;

/// A position in a request.
#[derive(Debug)]
pub(crate) struct Shape<'a> {
    rest: &'a [u8],
    /// Compact lengths and tagged fields (KIP-482) or not.
    flexible: bool,
    elements: usize,
}

impl<'a> Shape<'a> {
    /// At the start of a request's body.
    pub(crate) fn new(body: &'a [u8], flexible: bool) -> Shape<'a> {
        Shape {
            rest: body,
            flexible,
            elements: 0,
        }
    }

    /// The same position, read on in this encoding: a request header mixes both.
    pub(crate) fn with_encoding(self, flexible: bool) -> Shape<'a> {
        Shape { flexible, ..self }
    }

    /// Array elements and tagged fields walked over so far.
    pub(crate) fn elements(&self) -> usize {
        self.elements
    }

    /// Bytes that were not walked over yet.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Fields of a fixed size, `bytes` together.
    pub(crate) fn skip(&mut self, bytes: usize) -> Walked {
        self.rest = self.rest.get(bytes..).ok_or(Malformed)?;
        Ok(())
    }

    /// A string, perhaps null.
    pub(crate) fn string(&mut self) -> Walked {
        let length = if self.flexible {
            self.compact_length()?
        } else {
            self.short()?.into()
        };
        self.skip_nullable(length)
    }

    /// Bytes, perhaps null.
    pub(crate) fn bytes(&mut self) -> Walked {
        let length = if self.flexible {
            self.compact_length()?
        } else {
            self.int()?.into()
        };
        self.skip_nullable(length)
    }

    /// An array, perhaps null, of elements that `each` walks over.
    pub(crate) fn array(&mut self, mut each: impl FnMut(&mut Shape<'a>) -> Walked) -> Walked {
        let count = if self.flexible {
            self.compact_length()?
        } else {
            self.int()?.into()
        };
        if count == -1 {
            return Ok(());
        }
        let count = usize::try_from(count).map_err(|_| Malformed)?;
        self.count(count)?;
        for _ in 0..count {
            each(self)?;
        }
        Ok(())
    }

    /// The tagged fields at the end of a structure; nothing in the old encoding.
    pub(crate) fn tags(&mut self) -> Walked {
        if !self.flexible {
            return Ok(());
        }
        let count = self.varint()? as usize;
        self.count(count)?;
        for _ in 0..count {
            self.varint()?;
            let length = self.varint()? as usize;
            self.skip(length)?;
        }
        Ok(())
    }

    /// Takes note of `count` further elements. Each is at least a byte long, so more than what is
    /// left is a lie.
    fn count(&mut self, count: usize) -> Walked {
        self.elements = self.elements.saturating_add(count);
        if count > self.rest.len() || self.elements > ELEMENTS_PER_REQUEST_MAX {
            return Err(Malformed);
        }
        Ok(())
    }

    fn skip_nullable(&mut self, length: i64) -> Walked {
        match length {
            -1 => Ok(()),
            length => self.skip(usize::try_from(length).map_err(|_| Malformed)?),
        }
    }

    fn short(&mut self) -> Result<i16, Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(i16::from_be_bytes(*head))
    }

    fn int(&mut self) -> Result<i32, Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(i32::from_be_bytes(*head))
    }

    /// Length plus one, 0 meaning null.
    fn compact_length(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from(self.varint()?) - 1)
    }

    fn varint(&mut self) -> Result<u32, Malformed> {
        let mut value = 0_u64;
        for index in 0..5 {
            let (byte, rest) = self.rest.split_first().ok_or(Malformed)?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| Malformed);
            }
        }
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(body: &[u8], flexible: bool) -> Walked {
        Shape::new(body, flexible).array(|shape| shape.string())
    }

    #[test]
    fn honest_counts_pass_in_both_encodings() {
        assert_eq!(
            strings(&[0, 0, 0, 2, 0, 1, b'a', 0xff, 0xff], false),
            Ok(())
        );
        assert_eq!(strings(&[3, 2, b'a', 0], true), Ok(()));
        assert_eq!(strings(&[0xff, 0xff, 0xff, 0xff], false), Ok(()), "null");
        assert_eq!(Shape::new(&[1, 5, 2, 9, 9], true).tags(), Ok(()));
    }

    #[test]
    fn a_count_that_the_bytes_do_not_bear_out_is_refused() {
        assert_eq!(
            strings(&[0x7f, 0xff, 0xff, 0xff, 0, 1, b'a'], false),
            Err(Malformed)
        );
        assert_eq!(
            strings(&[0xff, 0xff, 0xff, 0xfe], false),
            Err(Malformed),
            "-2"
        );
        assert_eq!(
            strings(&[0xff, 0xff, 0xff, 0xff, 0x0f, 1], true),
            Err(Malformed)
        );
        assert_eq!(
            strings(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], true),
            Err(Malformed),
            "six bytes of varint"
        );
        let mut many = ((ELEMENTS_PER_REQUEST_MAX + 1) as i32)
            .to_be_bytes()
            .to_vec();
        many.resize(200_000, 0);
        assert_eq!(
            strings(&many, false),
            Err(Malformed),
            "more than one request may hold"
        );
    }
}

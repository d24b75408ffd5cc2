//! The vDSO as a process has it: which entries of its symbol table name the functions that tell the time, and where a
//! system call instruction is. Read from its bytes, and nothing is taken on trust: a strange image is an error.

/// Sizes and offsets of the ELF format, 64 bits.
const HEADER_BYTES: usize = 64;
const SEGMENT_BYTES: usize = 56;
const SYMBOL_BYTES: usize = 24;
const MAGIC_64: [u8; 5] = [0x7f, b'E', b'L', b'F', 2];
const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const DT_NULL: u64 = 0;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;

/// The most that an image may have.
const IMAGE_BYTES_MAX: u64 = 64 << 10;

/// The most symbols that are looked at.
const SYMBOLS_MAX: u64 = 1 << 10;

/// The instruction of a system call.
const SYSCALL: [u8; 2] = [0x0f, 0x05];

/// What is needed of a vDSO. Addresses are those of the process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Vdso {
    symbols: Vec<Symbol>,
    /// Where its addresses begin to count: what a program adds to a symbol's value.
    pub(super) bias: u64,
    /// The address of a system call instruction.
    pub(super) syscall: u64,
}

/// A function of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    name: String,
    /// Where it is.
    pub(super) address: u64,
    /// Where the table keeps its value.
    pub(super) entry: u64,
}

/// How many bytes the image at this address has, from its first bytes.
///
/// # Errors
/// If it is not an image for 64 bits.
pub(super) fn length(begin: &[u8]) -> Result<u64, String> {
    if begin.get(..MAGIC_64.len()) != Some(&MAGIC_64) {
        return Err("its vDSO is not one of a 64-bit program".to_owned());
    }
    let loaded = segments(begin)?.filter(|segment| segment.kind == PT_LOAD);
    let ends = loaded.map(|segment| segment.offset.saturating_add(segment.length));
    let end = ends.max().unwrap_or(0);
    match (HEADER_BYTES as u64..=IMAGE_BYTES_MAX).contains(&end) {
        true => Ok(end),
        false => Err(format!("its vDSO says that it has {end} bytes")),
    }
}

/// How many first bytes [`length()`] needs.
pub(super) const BEGIN_BYTES: usize = HEADER_BYTES + 16 * SEGMENT_BYTES;

impl Vdso {
    /// Reads the image of a process, which has it at `base`.
    ///
    /// # Errors
    /// If something is missing in it, in words.
    pub(super) fn read(base: u64, image: &[u8]) -> Result<Vdso, String> {
        let missing = |what: &str| format!("its vDSO has no {what}");
        let mut all = segments(image)?;
        let first = all.find(|segment| segment.kind == PT_LOAD);
        let first = first.ok_or_else(|| missing("segment"))?.address;
        let dynamic = segments(image)?.find(|segment| segment.kind == PT_DYNAMIC);
        let dynamic = dynamic.ok_or_else(|| missing("dynamic section"))?.offset;
        let (mut names, mut table, mut hash) = (None, None, None);
        for at in (dynamic..image.len() as u64).step_by(16) {
            // What the table names are addresses as in the image.
            let value = word(image, at + 8)?.wrapping_sub(first);
            match word(image, at)? {
                DT_NULL => break,
                DT_STRTAB => names = Some(value),
                DT_SYMTAB => table = Some(value),
                DT_HASH => hash = Some(value),
                _ => {}
            }
        }
        let names = names.ok_or_else(|| missing("names"))?;
        let table = table.ok_or_else(|| missing("symbols"))?;
        let count = match hash {
            Some(hash) => half(image, hash.wrapping_add(4))?,
            // The names follow the symbols.
            None => names.saturating_sub(table) / SYMBOL_BYTES as u64,
        };
        let bias = base.wrapping_sub(first);
        let symbol = |number: u64| {
            let at = table.wrapping_add(number * SYMBOL_BYTES as u64);
            let name = name(image, names.wrapping_add(half(image, at)?));
            let value = word(image, at.wrapping_add(8))?;
            Ok(Symbol {
                name,
                address: bias.wrapping_add(value),
                entry: base.wrapping_add(at).wrapping_add(8),
            })
        };
        let symbols = (0..count.min(SYMBOLS_MAX)).map(symbol);
        let found = image.windows(2).position(|two| two == SYSCALL);
        let syscall = found.ok_or_else(|| missing("system call"))?;
        Ok(Vdso {
            symbols: symbols.collect::<Result<_, String>>()?,
            bias,
            syscall: base.wrapping_add(syscall as u64),
        })
    }

    /// The functions with one of these names.
    pub(super) fn named<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Symbol> {
        let named = move |symbol: &&Symbol| names.contains(&symbol.name.as_str());
        self.symbols.iter().filter(named)
    }
}

struct Segment {
    kind: u64,
    offset: u64,
    address: u64,
    length: u64,
}

fn segments(image: &[u8]) -> Result<impl Iterator<Item = Segment>, String> {
    let (at, count) = (word(image, 32)?, half(image, 56)? & 0xffff);
    let segment = |number: u64| {
        let at = at.wrapping_add(number * SEGMENT_BYTES as u64);
        Ok(Segment {
            kind: half(image, at)?,
            offset: word(image, at.wrapping_add(8))?,
            address: word(image, at.wrapping_add(16))?,
            length: word(image, at.wrapping_add(40))?,
        })
    };
    let all: Result<Vec<Segment>, String> = (0..count).map(segment).collect();
    Ok(all?.into_iter())
}

fn bytes<const N: usize>(image: &[u8], at: u64) -> Result<[u8; N], String> {
    let at = usize::try_from(at).ok();
    let found = at.and_then(|at| image.get(at..)?.first_chunk::<N>());
    found.copied().ok_or_else(|| "its vDSO is cut".to_owned())
}

fn word(image: &[u8], at: u64) -> Result<u64, String> {
    bytes(image, at).map(u64::from_le_bytes)
}

/// Four bytes.
fn half(image: &[u8], at: u64) -> Result<u64, String> {
    let found = bytes(image, at).map(u32::from_le_bytes);
    found.map(u64::from)
}

fn name(image: &[u8], at: u64) -> String {
    let rest = usize::try_from(at).ok().and_then(|at| image.get(at..));
    let name = rest.and_then(|rest| rest.split(|byte| *byte == 0).next());
    String::from_utf8_lossy(name.unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This process's own.
    fn own() -> (u64, Vec<u8>) {
        // SAFETY: asks for a number.
        let base = unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) };
        let at = |length| {
            // SAFETY: the kernel mapped the image there, with at least one page.
            unsafe { std::slice::from_raw_parts(base as *const u8, length) }
        };
        let length = length(at(BEGIN_BYTES)).expect("a vDSO");
        (base, at(length as usize).to_vec())
    }

    #[test]
    fn the_functions_that_tell_the_time_are_found() {
        let (base, image) = own();
        let vdso = Vdso::read(base, &image).expect("it is read");
        let [symbol] = vdso.named(&["__vdso_clock_gettime"]).collect::<Vec<_>>()[..] else {
            panic!("{vdso:?}");
        };
        let end = base + image.len() as u64;
        assert!((base..end).contains(&symbol.address) && (base..end).contains(&symbol.entry));
        let at = (symbol.entry - base) as usize;
        let value = u64::from_le_bytes(*image[at..].first_chunk().expect("8 bytes"));
        assert_eq!(vdso.bias + value, symbol.address);
        // SAFETY: it is that function, with its own signature.
        let told = unsafe {
            let function: extern "C" fn(libc::clockid_t, *mut libc::timespec) -> libc::c_int =
                std::mem::transmute(symbol.address);
            let mut told = std::mem::zeroed::<libc::timespec>();
            assert_eq!(function(libc::CLOCK_REALTIME, &mut told), 0);
            told
        };
        assert!(told.tv_sec > 1_700_000_000);
    }

    #[test]
    fn a_damaged_image_is_an_error() {
        let (base, image) = own();
        for cut in (0..image.len()).step_by(97) {
            // Any answer but a panic.
            let _ = Vdso::read(base, &image[..cut]);
            let mut damaged = image.clone();
            damaged[cut] ^= 0xff;
            let _ = Vdso::read(base, &damaged);
        }
        assert!(length(&image[..8]).is_err());
        assert!(length(&[0; BEGIN_BYTES]).is_err());
    }
}

//! What a node's process runs instead of the vDSO's functions: it calls the original, adds the shift of the control page
//! to wall clocks, and counts. Machine code that is copied into the process, so it is written as such: position
//! independent, without stack below its own, lock or table, because a signal handler may run it.
//!
//! On other processors than x86-64 there is none, and clocks cannot be moved.

/// Where the functions of the vDSO lead to, and what the stub needs to know.
pub(super) struct Stub {
    /// The code with its pointers, one word after the other.
    pub(super) words: Vec<i64>,
    /// Where each replaced function begins, from the stub's begin on.
    pub(super) clock_gettime: u64,
    pub(super) gettimeofday: u64,
    pub(super) time: u64,
}

/// The names under which a program finds them.
pub(super) const CLOCK_GETTIME: [&str; 2] = ["__vdso_clock_gettime", "clock_gettime"];
pub(super) const GETTIMEOFDAY: [&str; 2] = ["__vdso_gettimeofday", "gettimeofday"];
pub(super) const TIME: [&str; 2] = ["__vdso_time", "time"];

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".pushsection .rodata.nemesis_clock_stub, \"a\", @progbits",
    ".balign 16",
    ".globl nemesis_clock_stub_begin",
    ".hidden nemesis_clock_stub_begin",
    "nemesis_clock_stub_begin:",
    // int clock_gettime(clockid_t edi, struct timespec *rsi)
    ".globl nemesis_clock_gettime",
    ".hidden nemesis_clock_gettime",
    "nemesis_clock_gettime:",
    "push rbx",
    "push r12",
    "sub rsp, 8",
    "mov ebx, edi",
    "mov r12, rsi",
    "call qword ptr [rip + .Lnemesis_original_gettime]",
    "mov rcx, qword ptr [rip + .Lnemesis_control]",
    // CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI
    "test ebx, ebx",
    "je 3f",
    "cmp ebx, 5",
    "je 3f",
    "cmp ebx, 11",
    "je 3f",
    "lock inc qword ptr [rcx + 24]",
    "2:",
    "add rsp, 8",
    "pop r12",
    "pop rbx",
    "ret",
    "3:",
    "test eax, eax",
    "jne 2b",
    "imul rdi, qword ptr [r12], 1000000000",
    "add rdi, qword ptr [r12 + 8]",
    "call .Lnemesis_shifted",
    "mov ecx, 1000000000",
    "cqo",
    "idiv rcx",
    "mov qword ptr [r12], rax",
    "mov qword ptr [r12 + 8], rdx",
    "xor eax, eax",
    "jmp 2b",
    // int gettimeofday(struct timeval *rdi, struct timezone *rsi)
    ".globl nemesis_gettimeofday",
    ".hidden nemesis_gettimeofday",
    "nemesis_gettimeofday:",
    "push rbx",
    "mov rbx, rdi",
    "call qword ptr [rip + .Lnemesis_original_gettimeofday]",
    "test eax, eax",
    "jne 2f",
    "test rbx, rbx",
    "je 2f",
    "mov rcx, qword ptr [rip + .Lnemesis_control]",
    "imul rdi, qword ptr [rbx], 1000000",
    "add rdi, qword ptr [rbx + 8]",
    "imul rdi, rdi, 1000",
    "call .Lnemesis_shifted",
    "mov ecx, 1000",
    "cqo",
    "idiv rcx",
    "mov ecx, 1000000",
    "cqo",
    "idiv rcx",
    "mov qword ptr [rbx], rax",
    "mov qword ptr [rbx + 8], rdx",
    "xor eax, eax",
    "2:",
    "pop rbx",
    "ret",
    // time_t time(time_t *rdi)
    ".globl nemesis_time",
    ".hidden nemesis_time",
    "nemesis_time:",
    "push rbx",
    "mov rbx, rdi",
    "sub rsp, 16",
    "xor edi, edi",
    "mov rsi, rsp",
    "call nemesis_clock_gettime",
    "mov rax, qword ptr [rsp]",
    "add rsp, 16",
    "test rbx, rbx",
    "je 2f",
    "mov qword ptr [rbx], rax",
    "2:",
    "pop rbx",
    "ret",
    // rdi: the true time in ns, rcx: the control page; rax: the time to tell
    ".Lnemesis_shifted:",
    "mov r8, qword ptr [rcx]",
    "and r8d, 1",
    "shl r8d, 5",
    "lea r8, [rcx + r8 + 64]",
    "mov rax, rdi",
    "sub rax, qword ptr [r8 + 8]",
    "mov r10, rax",
    "mov r9, qword ptr [r8 + 24]",
    "xor r11d, r11d",
    "test r9, r9",
    "je 2f",
    "cqo",
    "idiv r9",
    "test al, 1",
    "jne 3f",
    "2:",
    "mov rax, r10",
    "imul qword ptr [r8 + 16]",
    "shrd rax, rdx, 32",
    "add rax, qword ptr [r8]",
    "mov r11, rax",
    "3:",
    "mov qword ptr [rcx + 32], r11",
    "lock inc qword ptr [rcx + 8]",
    "test r11, r11",
    "je 2f",
    "lock inc qword ptr [rcx + 16]",
    "2:",
    "lea rax, [rdi + r11]",
    "ret",
    ".balign 8",
    ".globl nemesis_clock_stub_pointers",
    ".hidden nemesis_clock_stub_pointers",
    "nemesis_clock_stub_pointers:",
    ".Lnemesis_control: .quad 0",
    ".Lnemesis_original_gettime: .quad 0",
    ".Lnemesis_original_gettimeofday: .quad 0",
    ".globl nemesis_clock_stub_end",
    ".hidden nemesis_clock_stub_end",
    "nemesis_clock_stub_end:",
    ".popsection",
);

#[cfg(target_arch = "x86_64")]
unsafe extern "C" {
    static nemesis_clock_stub_begin: u8;
    static nemesis_clock_gettime: u8;
    static nemesis_gettimeofday: u8;
    static nemesis_time: u8;
    static nemesis_clock_stub_pointers: u8;
    static nemesis_clock_stub_end: u8;
}

impl Stub {
    /// The stub for a process that has its control page and the original functions at these addresses.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn new(control: u64, clock_gettime: u64, gettimeofday: u64) -> Option<Stub> {
        let begin = &raw const nemesis_clock_stub_begin;
        let from_begin = |label: *const u8| label.addr() - begin.addr();
        let length = from_begin(&raw const nemesis_clock_stub_end);
        // SAFETY: the bytes between the two labels are this program's own, and constant.
        let code = unsafe { std::slice::from_raw_parts(begin, length) };
        let mut bytes = code.to_vec();
        let pointers = from_begin(&raw const nemesis_clock_stub_pointers);
        for (at, pointer) in [control, clock_gettime, gettimeofday].iter().enumerate() {
            bytes[pointers + 8 * at..][..8].copy_from_slice(&pointer.to_ne_bytes());
        }
        let word = |word: &[u8]| {
            let mut whole = [0; 8];
            whole[..word.len()].copy_from_slice(word);
            i64::from_ne_bytes(whole)
        };
        Some(Stub {
            words: bytes.chunks(8).map(word).collect(),
            clock_gettime: from_begin(&raw const nemesis_clock_gettime) as u64,
            gettimeofday: from_begin(&raw const nemesis_gettimeofday) as u64,
            time: from_begin(&raw const nemesis_time) as u64,
        })
    }

    /// There is none for this processor.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn new(_: u64, _: u64, _: u64) -> Option<Stub> {
        None
    }
}

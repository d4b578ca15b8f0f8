//! What exporters say of their own process, out of /proc; what cannot be read is left out.

use prometheus::proto::{MetricFamily, MetricType};

use super::series::{counter_of, gauge, metric_family};

/// Ticks a second in /proc: `USER_HZ`, the same on every architecture that we build for.
const TICKS: f64 = 100.0;

/// What /proc says of this process.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Process {
    /// User and system time, in seconds.
    pub cpu: Option<f64>,
    /// Resident memory, in bytes.
    pub resident: Option<f64>,
    /// Virtual memory, in bytes.
    pub virtual_memory: Option<f64>,
    /// Open descriptors.
    pub open_descriptors: Option<f64>,
    /// How many it may open.
    pub max_descriptors: Option<f64>,
    /// When it started, in Unix time.
    pub start: Option<f64>,
}

impl Process {
    /// Reads /proc, now.
    #[must_use]
    pub fn read() -> Self {
        let text = |path| std::fs::read_to_string(path).unwrap_or_default();
        let mut process = Self::parse(
            &text("/proc/self/stat"),
            &text("/proc/self/status"),
            &text("/proc/self/limits"),
            &text("/proc/stat"),
        );
        // One of them is the descriptor of the folder itself.
        let open = std::fs::read_dir("/proc/self/fd").ok().map(|folder| folder.count().saturating_sub(1));
        process.open_descriptors = open.and_then(|open| u32::try_from(open).ok()).map(f64::from);
        process
    }

    fn parse(stat: &str, status: &str, limits: &str, system: &str) -> Self {
        // The second field is the program's name in brackets and may hold anything: count from its end.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
        let line = |text: &str, key: &str| {
            let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
            rest.split_whitespace().next()?.parse::<f64>().ok()
        };
        let boot = line(system, "btime ");
        Self {
            cpu: field(11).zip(field(12)).map(|(user, system)| (user + system) / TICKS),
            resident: line(status, "VmRSS:").map(|kib| kib * 1024.0),
            virtual_memory: field(20),
            open_descriptors: None,
            max_descriptors: line(limits, "Max open files "),
            start: boot.zip(field(19)).map(|(boot, ticks)| boot + ticks / TICKS),
        }
    }

    /// The families, under the names that every exporter uses.
    pub(super) fn families(self) -> Vec<MetricFamily> {
        let gauges = [
            ("process_resident_memory_bytes", "Resident memory size in bytes.", self.resident),
            ("process_virtual_memory_bytes", "Virtual memory size in bytes.", self.virtual_memory),
            ("process_open_fds", "Number of open file descriptors.", self.open_descriptors),
            ("process_max_fds", "Maximum number of open file descriptors.", self.max_descriptors),
            ("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", self.start),
        ];
        let gauges = gauges.into_iter().filter_map(|(name, help, value)| {
            value.map(|value| metric_family(name, help, MetricType::GAUGE, vec![gauge(&[], value)]))
        });
        let cpu = self.cpu.map(|seconds| {
            let help = "Total user and system CPU time spent in seconds.";
            metric_family("process_cpu_seconds_total", help, MetricType::COUNTER, vec![counter_of(&[], seconds)])
        });
        cpu.into_iter().chain(gauges).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Process;

    #[test]
    fn proc_is_read_by_its_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 12345 8192000 900 18446744073709551615";
        let status = "Name:\tpilotfish\nVmSize:\t    8000 kB\nVmRSS:\t    3900 kB\n";
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 524288               files     \n";
        let process = Process::parse(stat, status, limits, "cpu 1 2\nbtime 1795165200\n");
        let expected = Process {
            cpu: Some(2.0),
            resident: Some(3_993_600.0),
            virtual_memory: Some(8_192_000.0),
            open_descriptors: None,
            max_descriptors: Some(1024.0),
            start: Some(1_795_165_323.45),
        };
        assert_eq!(process, expected);
        assert_eq!(Process::parse("", "", "", ""), Process::default());
    }

    #[test]
    fn this_process_has_all_of_them() {
        let families = Process::read().families();
        assert_eq!(families.len(), 6);
    }
}

//! What can be broken in the demo: which key does it, which check reports it, and what has happened then.

/// A dependency of the pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Database,
    Backend,
    Payments,
    Search,
    Events,
    Jobs,
    Pricing,
    Bus,
}

impl Part {
    pub(crate) const ALL: [Self; 8] = [
        Self::Database,
        Self::Backend,
        Self::Payments,
        Self::Search,
        Self::Events,
        Self::Jobs,
        Self::Pricing,
        Self::Bus,
    ];

    /// The key that breaks it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Database => "d",
            Self::Backend => "b",
            Self::Payments => "p",
            Self::Search => "s",
            Self::Events => "k",
            Self::Jobs => "a",
            Self::Pricing => "g",
            Self::Bus => "n",
        }
    }

    /// What that key breaks.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Database => "database password",
            Self::Backend => "backend health",
            Self::Payments => "payments certificate",
            Self::Search => "search address",
            Self::Events => "Kafka advertised address",
            Self::Jobs => "AMQP virtual host",
            Self::Pricing => "gRPC service",
            Self::Bus => "NATS password",
        }
    }

    /// The name of its check.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Backend => "backend",
            Self::Payments => "payments",
            Self::Search => "search",
            Self::Events => "events",
            Self::Jobs => "jobs",
            Self::Pricing => "pricing",
            Self::Bus => "bus",
        }
    }

    /// What speaks there.
    pub(crate) fn protocol(self) -> &'static str {
        match self {
            Self::Database => "PostgreSQL",
            Self::Backend => "HTTP",
            Self::Payments => "TLS",
            Self::Search => "TCP",
            Self::Events => "Kafka",
            Self::Jobs => "AMQP",
            Self::Pricing => "gRPC",
            Self::Bus => "NATS",
        }
    }

    /// What happened when it broke.
    pub(crate) fn story(self) -> &'static str {
        match self {
            Self::Database => "the database password was rotated, but the pod still has the old one",
            Self::Backend => "the backend still returns 200, but reports that its database is disconnected",
            Self::Payments => "payments serves an expired certificate",
            Self::Search => "the last working address of search is down",
            Self::Events => "the broker of events still answers, but announces an address on which nothing listens",
            Self::Jobs => "the broker of jobs was set up again, without its virtual host",
            Self::Pricing => "pricing runs, but reports that it does not serve",
            Self::Bus => "the password of the bus was rotated, but the pod still has the old one",
        }
    }
}

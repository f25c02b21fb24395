//! The contracts of the suite: bindings made at build time from the `.proto` files beside this crate.
//!
//! **Invariant:** nothing but generated code and the descriptors. What the messages mean is said in the protos.

#[expect(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated; the protos carry the documentation"
)]
mod generated {
    pub mod estafeta {
        pub mod access {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.access.v1.rs"));
            }
        }
        pub mod errors {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.errors.v1.rs"));
            }
        }
        pub mod ticket {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.ticket.v1.rs"));
            }
        }
        pub mod handover {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.handover.v1.rs"));
            }
        }
        pub mod line0 {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.line0.v1.rs"));
            }
        }
        pub mod line1 {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.line1.v1.rs"));
            }
        }
        pub mod line2 {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.line2.v1.rs"));
            }
        }
        pub mod line3 {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.line3.v1.rs"));
            }
        }
        pub mod queue {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.queue.v1.rs"));
            }
        }
        pub mod trends {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.trends.v1.rs"));
            }
        }
        pub mod vendor {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.vendor.v1.rs"));
            }
        }
        pub mod scenario {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.scenario.v1.rs"));
            }
        }
        pub mod partner {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/estafeta.partner.v1.rs"));
            }
        }
    }
}

pub use generated::estafeta::{
    access::v1 as access, errors::v1 as errors, handover::v1 as handover, line0::v1 as line0, line1::v1 as line1,
    line2::v1 as line2, line3::v1 as line3, partner::v1 as partner, queue::v1 as queue, scenario::v1 as scenario,
    ticket::v1 as ticket, trends::v1 as trends, vendor::v1 as vendor,
};

/// Every file of the contracts with its comments and options, as an encoded `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

use lakeorm::LakeTable;

#[derive(LakeTable)]
#[lake(table = "shop.audits")]
struct Audit {
    #[lake(primary_key)]
    id: i64,
}

#[derive(LakeTable)]
struct Inner {
    #[lake(flatten)]
    audit: Option<Audit>,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct Order {
    number: i64,
    #[lake(flatten(prefix = "audit_"))]
    audit: Audit,
    #[lake(flatten(prefix = "inner_"))]
    inner: Inner,
    #[lake(flatten(prefix = "text_"))]
    text: String,
}

fn main() {}

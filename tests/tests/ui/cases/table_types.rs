use lakeorm::LakeTable;

struct Opaque;

#[derive(LakeTable)]
struct Row {
    unsigned: u32,
    list: Vec<Opaque>,
    #[lake(flatten)]
    row: Opaque,
}

fn main() {
    let _ = lakeorm::encode::record_batch(&[Opaque]);
}

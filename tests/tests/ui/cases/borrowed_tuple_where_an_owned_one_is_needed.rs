fn rows<T: lakeorm::LakeRowOwned>() {}

fn main() {
    rows::<(&str,)>();
}

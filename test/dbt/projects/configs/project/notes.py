print("not a part of the project")

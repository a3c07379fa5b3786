"""The workload that deploys: what its work takes in each cloud, and the roles that give it that."""
